package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/inbox"
)

// entry is a message's row in the ledger, as it was read or is to be written.
type entry struct {
	ID              uuid.UUID
	order           Order
	State, Reason   string
	Channel         provider.Channel
	Recipient       string
	Provider        string
	Priority        int
	Policy          int
	Language        string
	TemplateVersion int32
	Words           string     // of a text message whose fate is not known
	DueAt, SlotAt   *time.Time // business time
	HandedAt        *time.Time // real time
	FirstHandedAt   *time.Time // real time
	Attempts        int32
	CreatedAt       time.Time // business time
}

func entryOf(m query.Message) *entry {
	e := &entry{
		ID: m.ID, State: m.State, Channel: provider.Channel(m.Channel), Recipient: m.Recipient, Provider: m.Provider,
		Priority: int(m.Priority), Policy: int(m.PolicyVersion), Language: m.Language, TemplateVersion: m.TemplateVersion,
		DueAt: m.DueAt, SlotAt: m.SlotAt, HandedAt: m.HandedAt, FirstHandedAt: m.FirstHandedAt, Attempts: m.Attempts, CreatedAt: m.CreatedAt,
	}
	if m.Reason != nil {
		e.Reason = *m.Reason
	}
	if m.Words != nil {
		e.Words = *m.Words
	}
	return e
}

// newRow is the row of a message that the ledger does not know yet: reserved, to the order's own address.
func (c *Core) newRow(o Order) (*entry, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	return &entry{ID: id, order: o, State: reserved, Channel: o.Channel, Recipient: o.Address, CreatedAt: c.now()}, nil
}

// now is business time by the database's clock, as precise as PostgreSQL keeps it.
func (c *Core) now() time.Time { return c.clock.At(c.real.Now()).Truncate(time.Microsecond) }

// until is how long it is, in real time, to an instant of the ledger, whichever worker wrote it.
func (c *Core) until(instant time.Time) time.Duration { return instant.Sub(c.real.Now()) }

func receiptOf(e *entry) Receipt {
	r := Receipt{MessageID: e.ID, State: e.State, Reason: e.Reason, Channel: e.Channel}
	switch {
	case e.State == withdrawn:
		r.State = Refused
	case e.State == Shifted && e.DueAt != nil:
		r.Until = e.DueAt.UTC()
	}
	return r
}

// add writes a new row; false when another try was first.
func (c *Core) add(ctx context.Context, at query.DBTX, e *entry) (bool, error) {
	o := e.order
	run, step := keyParts(o.Key)
	name, _, _ := strings.Cut(run, ":")
	about := o.About
	if len(about) == 0 {
		about = json.RawMessage("{}")
	}
	n, err := c.q.AddMessage(ctx, at, query.AddMessageParams{
		ID: e.ID, Key: o.Key, Process: name, Run: run, Step: step, Subject: inbox.SubjectOf(name, run),
		ContactID: db.NullID(o.ContactID), UserID: db.NullID(o.UserID), LeadID: db.NullID(o.LeadID),
		Channel: string(e.Channel), Template: o.Template, TemplateVersion: e.TemplateVersion, Recipient: e.Recipient,
		State: e.State, Reason: e.Reason, Provider: e.Provider, Class: o.Class, Purpose: o.Purpose, Topic: o.Topic, Department: o.Department,
		Priority: int32(e.Priority), PolicyVersion: int32(e.Policy), Language: e.Language, About: about,
		DueAt: e.DueAt, SlotAt: e.SlotAt, HandedAt: e.HandedAt, Attempts: e.Attempts, Test: o.Test, CreatedAt: e.CreatedAt,
	})
	if err != nil {
		return false, fmt.Errorf("write a message into the ledger: %w", err)
	}
	return n == 1, nil
}

// redecide writes a new verdict on a row as it was seen; false when somebody has touched it since.
func (c *Core) redecide(ctx context.Context, tx pgx.Tx, o Order, seen, e *entry) (bool, error) {
	n, err := c.q.DecideMessage(ctx, tx, query.DecideMessageParams{
		ID: e.ID, State: e.State, Reason: e.Reason, Channel: string(e.Channel), Recipient: e.Recipient, Provider: e.Provider,
		Class: o.Class, Purpose: o.Purpose, Topic: o.Topic, Priority: int32(e.Priority), PolicyVersion: int32(e.Policy),
		DueAt: e.DueAt, SlotAt: e.SlotAt, SeenState: seen.State, SeenAttempts: seen.Attempts, SeenHandedAt: seen.HandedAt,
	})
	if err != nil {
		return false, fmt.Errorf("write a verdict into the ledger: %w", err)
	}
	return n == 1, nil
}

// handOver gives this try the right to call the provider. Errors: errRaced when another try has it.
func (c *Core) handOver(ctx context.Context, e *entry, p provider.Provider, m Composed, at time.Time, resends int) error {
	row, err := c.q.HandOverMessage(ctx, c.pool, query.HandOverMessageParams{
		ID: e.ID, SeenAttempts: e.Attempts, Now: at.UTC(), Resends: int32(resends), Provider: p.Name(),
		Language: m.Language, TemplateVersion: int32(m.Version), Segments: int32(m.Segments), Tracked: m.Tracked,
		Words: wordsFor(p, m),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return errRaced
	}
	if err != nil {
		return fmt.Errorf("mark message %s as handed over: %w", e.ID, err)
	}
	e.Provider, e.Attempts = p.Name(), row.Attempts
	return nil
}

// wordsFor is what has to be kept to ask a provider for a text message that carries no id of ours.
func wordsFor(p provider.Provider, m Composed) string {
	if _, asks := p.(provider.Finder); asks && p.Channel() == provider.SMS {
		return m.Text
	}
	return ""
}

// apply puts a verdict into the row.
func (e *entry) apply(v gate.Verdict, providers map[provider.Channel]provider.Provider, now time.Time) {
	e.Reason, e.Priority, e.Policy, e.Language = v.Reason, v.Priority, v.Policy, v.Language
	if v.Channel != "" {
		e.Channel = v.Channel
	}
	e.Recipient = v.Address
	e.DueAt, e.SlotAt, e.HandedAt = nil, nil, nil
	if p := providers[e.Channel]; p != nil {
		e.Provider = p.Name()
	}
	switch v.Answer {
	case gate.Allow:
		e.State, e.SlotAt, e.Reason = reserved, &now, ""
	case gate.Shift:
		until := v.Until
		e.State, e.DueAt = Shifted, &until
	default:
		e.State = Refused
	}
}
