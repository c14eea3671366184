package feedback

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
)

// answeredWithin is how long after a message a text that quotes nothing is taken for an answer to it.
const answeredWithin = 30 * 24 * time.Hour

// address is a canonical address of a channel.
type address struct{ channel, value string }

// address is the canonical form of where the report's person is reached; false when it names none.
func (r Report) address() (address, bool) {
	if r.Address == "" || r.Channel == "" {
		return address{}, false
	}
	value, ok := consent.Canonical(r.Channel, r.Address, "")
	return address{r.Channel, value}, ok
}

// choice reports whether a reply is a word by which a person decides about being written to.
func (r Report) choice() bool {
	k := r.keyword()
	return k == Stop || k == Start
}

// keyword is what a reply comes down to. Stop wins, whoever recognised it. Mail has no keywords: words in a mail may be
// quoted, and mail has its own ways to unsubscribe.
func (r Report) keyword() string {
	if r.Reply == nil || r.Channel != "sms" {
		return ""
	}
	own := Keyword(r.Reply.Text)
	if own == Stop || r.Reply.Keyword == Stop {
		return Stop
	}
	if own != "" {
		return own
	}
	return r.Reply.Keyword
}

// recognise finds the people behind addresses: the senders of replies, and whom a report concerns whose message the
// ledger does not know. Then it finds out what the replies answer that quote no message.
func (b *batch) recognise() error {
	var arg query.FindByIdentityParams
	for _, r := range b.reports {
		if a, ok := r.address(); ok && (r.Reply != nil || r.message == uuid.Nil) {
			arg.Kinds, arg.Vals = append(arg.Kinds, identityKind(a.channel)), append(arg.Vals, a.value)
		}
	}
	if len(arg.Vals) == 0 {
		return nil
	}
	if err := b.holdTexters(); err != nil {
		return err
	}
	rows, err := query.New().FindByIdentity(b.ctx, b.tx, arg)
	if err != nil {
		return err
	}
	known := map[[2]string]uuid.UUID{}
	for _, row := range rows {
		known[[2]string{row.Kind, row.Value}] = row.ContactID
	}
	for _, r := range b.reports {
		a, ok := r.address()
		if owner := known[[2]string{identityKind(a.channel), a.value}]; ok && owner != uuid.Nil && (r.Reply != nil || r.message == uuid.Nil) {
			r.contact = owner // somebody else may answer a message that was passed on
		}
	}
	if err := b.understand(); err != nil {
		return err
	}
	return b.findAnswered()
}

func (b *batch) findAnswered() error {
	type thread struct {
		contact uuid.UUID
		channel string
	}
	var arg query.FindAnsweredParams
	for _, r := range b.reports {
		if r.Reply != nil && r.message == uuid.Nil && r.contact != uuid.Nil && r.Channel == "sms" {
			arg.ContactIds, arg.Channels = append(arg.ContactIds, r.contact), append(arg.Channels, r.Channel)
		}
	}
	if len(arg.ContactIds) == 0 {
		return nil
	}
	arg.Since = b.now.Add(-answeredWithin)
	rows, err := query.New().FindAnswered(b.ctx, b.tx, arg)
	if err != nil {
		return err
	}
	last := map[thread]uuid.UUID{}
	for _, row := range rows {
		last[thread{row.ContactID.UUID, row.Channel}] = row.ID
	}
	for _, r := range b.reports {
		if r.Reply != nil && r.message == uuid.Nil {
			r.message = last[thread{r.contact, r.Channel}]
		}
	}
	return nil
}

func identityKind(channel string) string {
	if channel == "sms" {
		return "phone"
	}
	return "email"
}

type inboundRow struct {
	Place      int        `json:"place"`
	ID         uuid.UUID  `json:"id"`
	Provider   string     `json:"provider"`
	ExternalID string     `json:"external_id"`
	Channel    string     `json:"channel"`
	ContactID  *uuid.UUID `json:"contact_id"`
	MessageID  *uuid.UUID `json:"message_id"`
	Sender     string     `json:"sender"`
	Subject    string     `json:"subject"`
	Text       string     `json:"text"`
	Keyword    string     `json:"keyword"`
	Automatic  bool       `json:"automatic"`
	At         time.Time  `json:"at"`
}

// keepReplies writes down what people wrote, and tells it to whoever waits for that: all but choices and absence notes.
func (b *batch) keepReplies() error {
	var rows []inboundRow
	for i, r := range b.reports {
		if r.Reply == nil || !r.fresh {
			continue
		}
		sender := r.Address
		if a, ok := r.address(); ok {
			sender = a.value
		}
		rows = append(rows, inboundRow{
			Place: i, ID: r.id, Provider: r.Provider, ExternalID: r.ExternalID, Channel: r.Channel, ContactID: some(r.contact), MessageID: some(r.message),
			Sender: cut(sender, maxName), Subject: cut(r.Reply.Subject, 2*maxName), Text: cut(r.Reply.Text, MaxText),
			Keyword: r.keyword(), Automatic: r.Reply.Automatic, At: r.At,
		})
	}
	if len(rows) == 0 {
		return nil
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	fresh, err := query.New().AddInboundMessages(b.ctx, b.tx, query.AddInboundMessagesParams{Rows: raw, ReceivedAt: b.now})
	if err != nil {
		return err
	}
	for _, r := range b.reports {
		if r.Reply == nil || !slices.Contains(fresh, r.id) || r.contact == uuid.Nil || r.Reply.Automatic || r.choice() || r.lesson.taken() {
			continue
		}
		b.emit("reply/"+r.id.String(), r.contact, events.ContactReplied.Name(), r.At, events.Reply{
			ContactID: r.contact, InboundID: r.id, MessageID: r.message, Channel: r.Channel,
		})
	}
	return nil
}

func some(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// cut returns at most n bytes of text, as whole characters, without what PostgreSQL cannot keep.
func cut(text string, n int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
