// Package signing is the shape of an outside provider of electronic signatures, for houses that have contracts signed
// there instead of on our page, and the adapter for one of them.
package signing

import (
	"context"

	"github.com/google/uuid"
)

// Provider has documents signed elsewhere.
type Provider interface {
	// Send hands a document over to be signed and returns the id under which the provider knows it. The same contract is
	// handed over once.
	Send(ctx context.Context, r Request) (id string, err error)
	// Status asks how far it has come. Errors: process.NotFound when the provider does not know the id.
	Status(ctx context.Context, id string) (Status, error)
	// Void takes it back. reason is shown to the signers.
	Void(ctx context.Context, id, reason string) error
}

// Request is a document and those who are to sign it, one after the other.
type Request struct {
	ContractID uuid.UUID
	Title      string
	PDF        []byte
	Signers    []Signer
}

// Signer is one who signs.
type Signer struct{ Name, Email string }

// Status is how far a document has come.
type Status string

// The statuses. Sent and Viewed are under way, the others final.
const (
	Sent     Status = "sent"
	Viewed   Status = "viewed"
	Signed   Status = "signed" // by everybody
	Declined Status = "declined"
	Voided   Status = "voided"
)
