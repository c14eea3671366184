package warranty

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"

	"example.com/own-binary/activities/certificates"
)

// grace is how long after the sale a device may be registered, in business time.
const grace = 30 * 24 * time.Hour

func run(ctx workflow.Context, in Input) (Outcome, error) {
	_, came := Registered.Await(ctx, "The customer registers the device", process.For(grace))
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	if !process.DecideIf(ctx, "Registered in time?", came) {
		return Outcome{Status: Lapsed}, nil
	}
	certificate, err := process.Do(ctx, "Issue the certificate", certificates.Issue, certificates.Device{DeviceID: in.DeviceID})
	if process.IsType(err, process.TypeRefused) {
		return Outcome{Status: Unknown}, nil
	}
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Status: Covered, Certificate: certificate.Number}, nil
}
