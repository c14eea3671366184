// Package warranty registers a sold device for its warranty when the customer says so in time.
package warranty

import (
	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Sold is the data of DeviceSold.
type Sold struct {
	DeviceID uuid.UUID `json:"device_id"`
}

// DeviceSold is an event of this company. A till posts it to /v1/events.
var DeviceSold = process.NewEvent[Sold]("device.sold", "A device was sold to somebody.")

// Input names the device.
type Input struct {
	DeviceID uuid.UUID `json:"device_id"`
}

// Endings of the process.
const (
	Covered = "covered"
	Lapsed  = "lapsed" // nobody registered it in time
	Unknown = "unknown device"
)

// Outcome says how a run ended, and with which certificate.
type Outcome struct {
	Status      string `json:"status"`
	Certificate string `json:"certificate,omitempty"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// Registration is the payload of Registered: there is nothing to say beyond that it happened.
type Registration struct{}

// Registered tells that the customer registered the device.
var Registered = process.NewSignal[Registration]("registered", "the customer registered the device")

// Process is warranty registration.
var Process = process.New("warranty-registration", run,
	process.Owner("customer-service"),
	process.Purpose("Give every customer who registers in time a warranty certificate."),
	process.OneRunPer(func(in Input) string { return in.DeviceID.String() }),
	process.Reenters(process.OnceEver),
	process.Given("a device", Input{DeviceID: uuid.Max}),
	process.StartsOn(DeviceSold, func(s Sold) (Input, bool) {
		return Input(s), s.DeviceID != uuid.Nil
	}),
	process.Receives(Registered),
	process.Ends(Covered, Lapsed, Unknown),
	process.Returns(Outcome{Status: Covered, Certificate: "W-EXAMPLE"}, Outcome{Status: Lapsed}, Outcome{Status: Unknown}),
)
