package worker

import (
	netmail "net/mail"

	"github.com/perdura/perdura/activities/collecting"
	"github.com/perdura/perdura/activities/delivery"
	"github.com/perdura/perdura/activities/messages"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/templates"
)

// messaging builds everything that says something to somebody around one core, so that all of it keeps to one pace.
func messaging(d Deps) []process.Implementation {
	core := delivery.New(delivery.Options{
		Pool: d.Pool, Clock: d.Clock, Providers: d.Senders.Providers, Limits: d.Senders.Limits, Gate: gate.New(), Links: d.Links,
		SenderName: senderName(d.Config.SMTP.From), Books: collecting.Billing{},
	})
	toHouse := notify.New(notify.Options{Pool: d.Pool, Clock: d.Clock, Core: core, PublicURL: PublicURL(d.Config.API), Organizer: d.Config.SMTP.From})
	toPeople := messages.New(messages.Options{Pool: d.Pool, Core: core, Templates: &templates.Store{}, Links: d.Links, Organizer: d.Config.SMTP.From})
	return append(toHouse.Activities(), toPeople.Activities()...)
}

// senderName is who speaks in messages: the name beside the sender's address.
func senderName(from string) string {
	address, err := netmail.ParseAddress(from)
	if err != nil {
		return ""
	}
	return address.Name
}
