package feedback

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/inbox"
)

// batch is one call of Take.
type batch struct {
	ctx     context.Context
	tx      pgx.Tx
	now     time.Time
	reports []*report
	entries map[uuid.UUID]*entry
	owners  map[address]uuid.UUID // contacts by address

	events       []inbox.Event
	interactions []interaction
}

// report is a Report with what was found out about it.
type report struct {
	Report
	id      uuid.UUID
	message uuid.UUID // the ledger's row; zero when there is none
	contact uuid.UUID // the person concerned, as far as it is known
	tracked bool
	fresh   bool
	lesson  lesson // what it wants of the house's courses
}

// Take takes reports in within tx and returns how many of them were new. Repeats, within reports and of earlier calls,
// do nothing. What it does about messages takes a fixed number of statements however many reports there are; opt-outs and
// suppressions take a few for each person. Several batches at once do not deadlock: contacts, then messages, are
// locked in the order of their ids. Errors: ErrInvalid, or PostgreSQL's; then tx is to be rolled back.
func Take(ctx context.Context, tx pgx.Tx, now time.Time, reports []Report) (taken int, err error) {
	b := &batch{ctx: ctx, tx: tx, now: now.Truncate(time.Microsecond), entries: map[uuid.UUID]*entry{}, owners: map[address]uuid.UUID{}}
	if err := b.prepare(reports); err != nil {
		return 0, err
	}
	if len(b.reports) == 0 {
		return 0, nil
	}
	for _, step := range []struct {
		doing string
		do    func() error
	}{
		{"find the messages", b.find},
		{"find the people", b.recognise},
		{"lock the people", b.lockContacts},
		{"keep the reports", b.keep},
		{"keep replies", b.keepReplies},
		{"bring the ledger up to date", b.settle},
		{"heed what people decided", b.heed},
		{"teach", b.teach},
		{"write the timeline", b.writeInteractions},
	} {
		if err := step.do(); err != nil {
			return 0, fmt.Errorf("take reports of messages: %s: %w", step.doing, err)
		}
	}
	// Events come last and together: their subjects stay locked from here on.
	if _, err := inbox.Accept(ctx, tx, b.now, b.events...); err != nil {
		return 0, fmt.Errorf("take reports of messages: %w", err)
	}
	for _, r := range b.reports {
		if r.fresh {
			taken++
		}
	}
	return taken, nil
}

// prepare checks the reports, leaves out those named twice, and sorts by name, so that all batches insert in one order.
func (b *batch) prepare(reports []Report) error {
	seen := map[name]bool{}
	for _, r := range reports {
		if err := r.check(); err != nil {
			return err
		}
		if seen[r.name()] {
			continue
		}
		seen[r.name()] = true
		if r.At.IsZero() || r.At.After(b.now) {
			r.At = b.now
		}
		r.At = r.At.UTC().Truncate(time.Microsecond)
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		b.reports = append(b.reports, &report{Report: r, id: id})
	}
	slices.SortStableFunc(b.reports, func(a, c *report) int {
		return cmp.Or(cmp.Compare(a.Provider, c.Provider), cmp.Compare(a.ExternalID, c.ExternalID))
	})
	return nil
}

// find looks up the rows of the ledger. An id of the ledger goes before one of the provider.
func (b *batch) find() error {
	var arg query.FindReportedMessagesParams
	for _, r := range b.reports {
		arg.MessageIds = append(arg.MessageIds, r.MessageID)
		arg.Providers = append(arg.Providers, r.sender())
		arg.ProviderIds = append(arg.ProviderIds, r.ProviderID)
	}
	rows, err := query.New().FindReportedMessages(b.ctx, b.tx, arg)
	if err != nil {
		return err
	}
	byID, byProvider := map[uuid.UUID]query.FindReportedMessagesRow{}, map[name]query.FindReportedMessagesRow{}
	for _, row := range rows {
		byID[row.ID] = row
		byProvider[name{row.Provider, row.ProviderID}] = row
	}
	for _, r := range b.reports {
		row, ok := byID[r.MessageID]
		if !ok && r.ProviderID != "" {
			row, ok = byProvider[name{r.sender(), r.ProviderID}]
		}
		if ok {
			r.message, r.contact, r.tracked = row.ID, row.ContactID, row.Tracked
		}
	}
	return nil
}

func (r Report) sender() string { return cmp.Or(r.Sender, r.Provider) }

// lockContacts locks the people of a batch in the order of their ids, before anything else is locked: whoever sends to
// them does the same. What one person opened or clicked needs none, as nothing about the person is decided.
func (b *batch) lockContacts() error {
	ids := b.contacts()
	if len(ids) == 0 || (len(ids) == 1 && !slices.ContainsFunc(b.reports, func(r *report) bool { return !r.watches() })) {
		return nil
	}
	return query.New().LockContacts(b.ctx, b.tx, ids)
}

func (b *batch) contacts() []uuid.UUID {
	var ids []uuid.UUID
	for _, r := range b.reports {
		if r.contact != uuid.Nil {
			ids = append(ids, r.contact)
		}
	}
	slices.SortFunc(ids, compareIDs)
	return slices.Compact(ids)
}

func compareIDs(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }

type eventRow struct {
	Place      int        `json:"place"`
	ID         uuid.UUID  `json:"id"`
	Provider   string     `json:"provider"`
	ExternalID string     `json:"external_id"`
	MessageID  *uuid.UUID `json:"message_id"`
	Kind       Kind       `json:"kind"`
	Link       int        `json:"link"`
	Detail     string     `json:"detail"`
	Filtered   string     `json:"filtered"`
	At         time.Time  `json:"at"`
}

// keep writes the reports down and learns which of them are new. What a person who must not be watched looked at is kept
// without the message: only that something was left out, and its id, so that a repeat is recognised.
func (b *batch) keep() error {
	rows := make([]eventRow, 0, len(b.reports))
	for i, r := range b.reports {
		row := eventRow{Place: i, ID: r.id, Provider: r.Provider, ExternalID: r.ExternalID, Kind: r.Kind, Link: r.Link, Detail: cut(r.Detail, maxName), At: r.At}
		if r.Reply != nil && r.Reply.Automatic {
			r.Filtered = AutoReply
		}
		if r.message != uuid.Nil {
			row.MessageID = &r.message
		}
		if r.watches() && r.message != uuid.Nil && !r.tracked {
			r.Filtered = NoConsent
			row.MessageID, row.Link, row.Detail = nil, 0, ""
		}
		row.Filtered = r.Filtered
		rows = append(rows, row)
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	ids, err := query.New().AddMessageEvents(b.ctx, b.tx, query.AddMessageEventsParams{Rows: raw, ReceivedAt: b.now})
	if err != nil {
		return err
	}
	fresh := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		fresh[id] = true
	}
	for _, r := range b.reports {
		r.fresh = fresh[r.id]
	}
	return nil
}

// settle applies what is new to the rows of the ledger.
func (b *batch) settle() error {
	var ids []uuid.UUID
	for _, r := range b.reports {
		if r.fresh && r.message != uuid.Nil {
			ids = append(ids, r.message)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := query.New().LockReportedMessages(b.ctx, b.tx, ids)
	if err != nil {
		return err
	}
	for _, row := range rows {
		b.entries[row.ID] = &entry{row}
	}
	for _, r := range b.reports {
		if e := b.entries[r.message]; r.fresh && e != nil {
			if r.Reply != nil && (r.choice() || r.lesson.taken()) {
				continue // a STOP is a choice and no answer to what was said; a keyword asks for a course
			}
			b.tell(e, r, e.apply(r.Report))
		}
	}
	raw, err := json.Marshal(b.ledgerRows(ids))
	if err != nil {
		return err
	}
	return query.New().UpdateReportedMessages(b.ctx, b.tx, raw)
}

type ledgerRow struct {
	ID             uuid.UUID  `json:"id"`
	State          string     `json:"state"`
	Reason         string     `json:"reason"`
	ProviderID     string     `json:"provider_id"`
	SentAt         *time.Time `json:"sent_at"`
	Delivery       string     `json:"delivery"`
	DeliveredAt    *time.Time `json:"delivered_at"`
	BouncedAt      *time.Time `json:"bounced_at"`
	OpenedAt       *time.Time `json:"opened_at"`
	ClickedAt      *time.Time `json:"clicked_at"`
	RepliedAt      *time.Time `json:"replied_at"`
	ComplainedAt   *time.Time `json:"complained_at"`
	UnsubscribedAt *time.Time `json:"unsubscribed_at"`
}

func (b *batch) ledgerRows(ids []uuid.UUID) []ledgerRow {
	slices.SortFunc(ids, compareIDs)
	out := make([]ledgerRow, 0, len(ids))
	for _, id := range slices.Compact(ids) {
		if e := b.entries[id]; e != nil {
			out = append(out, ledgerRow{
				e.ID, e.State, e.Reason, e.ProviderID, e.SentAt, e.Delivery, e.DeliveredAt, e.BouncedAt,
				e.OpenedAt, e.ClickedAt, e.RepliedAt, e.ComplainedAt, e.UnsubscribedAt,
			})
		}
	}
	return out
}

// Refused reports whether err means that the reports themselves are to blame, not the database.
func Refused(err error) bool {
	return errors.Is(err, ErrInvalid) || errors.As(err, new(*inbox.InvalidError))
}
