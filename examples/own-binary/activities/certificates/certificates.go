// Package certificates issues warranty certificates.
package certificates

import (
	"context"
	"encoding/base32"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// Device names the device that a certificate is for.
type Device struct {
	DeviceID uuid.UUID `json:"device_id"`
}

// Certificate is what a customer shows when something breaks.
type Certificate struct {
	Number string `json:"number"`
}

// Issue issues the certificate of a device. Issuing it again gives the same one.
var Issue = process.NewActivity[Device]("certificates.issue", process.Database,
	process.Yields("issued", Certificate{Number: "W-EXAMPLE"}),
	process.Refuses[Certificate]("no-device"))

// Activities joins the code to the contracts.
func Activities() []process.Implementation {
	return []process.Implementation{Issue.Implement(issue)}
}

// numbers writes certificate numbers in base 32 (RFC 4648, section 6): capital letters and digits, for the telephone.
var numbers = base32.StdEncoding.WithPadding(base32.NoPadding)

func issue(_ context.Context, d Device) (Certificate, error) {
	if d.DeviceID == uuid.Nil {
		return Certificate{}, process.Refused("no-device", "a certificate needs a device")
	}
	return Certificate{Number: "W-" + numbers.EncodeToString(d.DeviceID[:])}, nil
}
