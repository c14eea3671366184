package worker

import (
	"github.com/perdura/perdura/activities/contracting"
	"github.com/perdura/perdura/evidence/anchor"
	"github.com/perdura/perdura/process"
)

// signing builds what writes contracts and has them signed.
func signing(d Deps) []process.Implementation {
	o := contracting.Options{Pool: d.Pool, Clock: d.Clock, Seller: senderName(d.Config.SMTP.From)}
	if path := d.Config.Evidence.AnchorFile; path != "" {
		o.Anchor = anchor.NewFile(path, d.Clock.Now)
	}
	return contracting.New(o).Activities()
}
