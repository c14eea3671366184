// Package audit keeps one record of every change: who did what to which resource, and which fields it touched, never
// their values.
//
// Append writes records inside the transaction of the change and takes no lock. A Sealer chains them shortly afterwards:
// each record gets a place (chain_seq), the hash of the record before it and its own hash, so that Verify finds every
// later change, removal, insertion or exchange. Keep a Head from time to time outside the database: with it, Verify also
// finds that the end of the chain was cut off or that the whole chain was written anew.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/perdura/perdura/db/query"
)

// Kinds of actors.
const (
	Key     = "key"     // an API key
	Person  = "person"  // somebody who is signed in
	Process = "process" // a run of a business process
	System  = "system"  // the product itself, or its command line
)

// Record is one change.
type Record struct {
	ActorKind string
	// ActorID is opaque: a key's or user's id, a workflow ID, a component's name.
	ActorID string
	// Action is what was done, "resource.verb".
	Action       string
	ResourceKind string
	ResourceID   string
	// Reason is why, in words without personal data; may be empty.
	Reason string
	// Fields are the names of the fields that changed.
	Fields []string
}

type details struct {
	Fields []string `json:"fields,omitempty"`
}

// Append writes records in tx, in their order, at the business time now.
func Append(ctx context.Context, tx query.DBTX, now time.Time, records ...Record) error {
	if len(records) == 0 {
		return nil
	}
	arg := query.AppendAuditLogsParams{At: now}
	for _, r := range records {
		raw, err := json.Marshal(details{r.Fields})
		if err != nil {
			return fmt.Errorf("write the audit log: encode the fields of %s: %w", r.Action, err)
		}
		arg.ActorKinds = append(arg.ActorKinds, r.ActorKind)
		arg.ActorIds = append(arg.ActorIds, r.ActorID)
		arg.Actions = append(arg.Actions, r.Action)
		arg.ResourceKinds = append(arg.ResourceKinds, r.ResourceKind)
		arg.ResourceIds = append(arg.ResourceIds, r.ResourceID)
		arg.Reasons = append(arg.Reasons, r.Reason)
		arg.Details = append(arg.Details, string(raw))
	}
	if err := query.New().AppendAuditLogs(ctx, tx, arg); err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	return nil
}
