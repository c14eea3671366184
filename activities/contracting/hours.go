package contracting

import (
	"context"

	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process/calendar"
)

// workingHours are those of the house, in the time zone of the customer where it is known.
func workingHours(ctx context.Context, db query.DBTX, zone string) (calendar.Calendar, error) {
	def, house, err := tasks.Hours(ctx, db)
	if err != nil || zone == "" {
		return house, err
	}
	def.Zone = zone
	theirs, err := calendar.New(def)
	if err != nil { // a zone that nobody knows: the house's hours are near enough
		return house, nil
	}
	return theirs, nil
}
