package appointments

import (
	"context"
	"fmt"
	"time"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/gate"
)

// ZoneOf is the time zone of a person, as the contact policy sees it: their own, else that of their country, else the
// policy's.
func ZoneOf(ctx context.Context, db query.DBTX, zone, country string) (*time.Location, error) {
	policy, _, err := gate.Kind.Current(ctx, db, gate.PolicyName)
	if err != nil {
		return nil, fmt.Errorf("read in which zone a person is: %w", err)
	}
	return policy.TimeZone.Of(zone, country), nil
}
