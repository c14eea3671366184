// Package access knows API keys and decides what a caller may do. Every call passes Authorize: it is the one place.
//
// A key is "perdura_" and 256 random bits in base 62. It is shown once, when it is made; the database holds its SHA-256.
package access

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// ErrUnauthenticated means that no valid key was shown. It does not say whether the key is unknown, expired or revoked.
var ErrUnauthenticated = errors.New("the API key is missing, unknown, expired or revoked: send a valid one as \"Authorization: Bearer KEY\"")

// Principal is an authenticated caller.
type Principal struct {
	KeyID  uuid.UUID
	Name   string
	Scopes []string
	// UserID is whose key it is; zero for a key that belongs to a program, or to somebody who has left.
	UserID uuid.UUID
}

// Actor is who acts: the user whose key it is, else the key.
func (p Principal) Actor() uuid.UUID {
	if p.UserID != uuid.Nil {
		return p.UserID
	}
	return p.KeyID
}

// Can reports whether the caller's scopes cover the action.
func (p Principal) Can(action Action) bool {
	for _, s := range p.Scopes {
		if s == string(action) || s == string(Everything) {
			return true
		}
	}
	return false
}

// Resource is what an action concerns. ID is empty where the action concerns the whole kind.
type Resource struct{ Kind, ID string }

// DeniedError means that the caller is known and may not do this.
type DeniedError struct {
	Action   Action
	Resource Resource
}

func (e *DeniedError) Error() string {
	return fmt.Sprintf("this API key lacks the scope %q: use one that has it", e.Action)
}

// Authorize returns a *DeniedError when p may not do action on resource.
func Authorize(_ context.Context, p Principal, action Action, resource Resource) error {
	if p.Can(action) {
		return nil
	}
	return &DeniedError{action, resource}
}
