package pages

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
)

// topics are what messages are about. A person hears about each unless they say otherwise.
var topics = []string{"news", "offers", "tips", "events", "surveys", "upgrades"}

// preferencesView is the page on which a person chooses.
type preferencesView struct {
	Mask      string
	Notice    string // key of what was just done
	Channels  []channelChoice
	Topics    []topicChoice
	Preferred string // channel; empty for none
	Spoken    string // the person's language, if it is one of Languages
	Languages []languageChoice
}

type channelChoice struct {
	Channel, Purpose, Mask string
	On                     bool
}

type topicChoice struct {
	Name string
	On   bool
}

type languageChoice struct{ Tag, Name string }

// preferences shows what a person has chosen, and takes changes.
func (v *visit) preferences() error {
	contact, err := person(v.Context(), v.p.Pool, v.id)
	if err != nil {
		return err
	}
	notice := ""
	if v.posted {
		if notice, err = v.choose(contact.ID); err != nil {
			return err
		}
		v.p.wake()
		if contact, err = person(v.Context(), v.p.Pool, contact.ID); err != nil {
			return err
		}
	}
	view, err := v.p.chosen(v.Context(), v.p.Pool, contact)
	if err != nil {
		return err
	}
	view.Notice = notice
	return v.show("preferences", text(contact.Language), view)
}

// chosen is what stands in the tables.
func (p *Pages) chosen(ctx context.Context, db query.DBTX, c query.Contact) (preferencesView, error) {
	view := preferencesView{Mask: maskOf(c)}
	q := query.New()
	consents, err := q.ListContactConsents(ctx, db, c.ID)
	if err != nil {
		return view, fmt.Errorf("read the consents of a contact: %w", err)
	}
	choices, err := q.ListTopicChoices(ctx, db, c.ID)
	if err != nil {
		return view, fmt.Errorf("read the topics of a contact: %w", err)
	}
	preference, err := q.GetPreference(ctx, db, c.ID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return view, fmt.Errorf("read the preferred channel of a contact: %w", err)
	}
	view.Preferred = text(preference.Channel)
	for _, way := range []struct {
		channel provider.Channel
		purpose string
		address string
	}{{provider.Email, consent.EmailMarketing, text(c.Email)}, {provider.SMS, consent.SMSMarketing, text(c.Phone)}} {
		if way.address == "" {
			continue
		}
		view.Channels = append(view.Channels, channelChoice{
			Channel: string(way.channel), Purpose: way.purpose, Mask: mask(way.channel, way.address),
			On: slices.ContainsFunc(consents, func(k query.ListContactConsentsRow) bool { return k.Purpose == way.purpose && k.Granted }),
		})
	}
	for _, name := range topics {
		view.Topics = append(view.Topics, topicChoice{Name: name, On: true})
	}
	for _, made := range choices {
		i := slices.IndexFunc(view.Topics, func(t topicChoice) bool { return t.Name == made.Topic })
		if i < 0 {
			view.Topics = append(view.Topics, topicChoice{Name: made.Topic})
			i = len(view.Topics) - 1
		}
		view.Topics[i].On = made.Wanted
	}
	view.Spoken, _ = speaks(text(c.Language))
	for _, tag := range languages {
		view.Languages = append(view.Languages, languageChoice{tag, p.words[tag]["name"]})
	}
	return view, nil
}

// choose carries out what the form says and returns the key of what to tell. Only what differs from what stands is
// written: a form that somebody sends without a change leaves everything as it is, undecided things undecided.
func (v *visit) choose(id uuid.UUID) (string, error) {
	ctx, now := v.Context(), v.p.Clock.Now()
	who := by("preference-page", id, "")
	if v.PostForm.Get("do") == "stop" {
		return "preferences.stopped", db.InTx(ctx, v.p.Pool, func(tx pgx.Tx) error {
			return consent.OptOut(ctx, tx, now, events.Choice{ContactID: id}, who)
		})
	}
	if v.PostForm.Get("do") != "save" {
		return "", errForm
	}
	return "preferences.saved", db.InTx(ctx, v.p.Pool, func(tx pgx.Tx) error {
		if _, err := query.New().LockPerson(ctx, tx, id); err != nil {
			return fmt.Errorf("save preferences: lock the contact: %w", err)
		}
		contact, err := query.New().GetContact(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("save preferences: read the contact: %w", err)
		}
		stands, err := v.p.chosen(ctx, tx, contact)
		if err != nil {
			return err
		}
		if err := v.setLanguage(ctx, tx, now, stands, who); err != nil {
			return err
		}
		if err := v.setChannel(ctx, tx, now, stands, who); err != nil {
			return err
		}
		return v.setConsents(ctx, tx, now, stands, who)
	})
}

func (v *visit) setConsents(ctx context.Context, tx pgx.Tx, now time.Time, stands preferencesView, who consent.By) error {
	id := uuid.MustParse(who.Actor.ActorID)
	change := func(on bool, c events.Choice) error {
		c.ContactID = id
		if on {
			return consent.OptIn(ctx, tx, now, c, who)
		}
		return consent.OptOut(ctx, tx, now, c, who)
	}
	for _, c := range stands.Channels {
		if wanted := slices.Contains(v.PostForm["purpose"], c.Purpose); wanted != c.On {
			if err := change(wanted, events.Choice{Purpose: c.Purpose}); err != nil {
				return err
			}
		}
	}
	for _, t := range stands.Topics {
		if wanted := slices.Contains(v.PostForm["topic"], t.Name); wanted != t.On {
			if err := change(wanted, events.Choice{Topic: t.Name}); err != nil {
				return err
			}
		}
	}
	return nil
}

// setChannel writes the preferred channel, which the form offers to those only who can be reached by several.
func (v *visit) setChannel(ctx context.Context, tx pgx.Tx, now time.Time, stands preferencesView, who consent.By) error {
	wanted := v.PostForm.Get("channel")
	known := wanted == "" || slices.ContainsFunc(stands.Channels, func(c channelChoice) bool { return c.Channel == wanted })
	if !v.PostForm.Has("channel") || !known || wanted == stands.Preferred {
		return nil
	}
	return consent.Prefer(ctx, tx, now, uuid.MustParse(who.Actor.ActorID), wanted, who)
}

// setLanguage writes the person's language when it is another; a regional variety of the same one stays.
func (v *visit) setLanguage(ctx context.Context, tx pgx.Tx, now time.Time, stands preferencesView, who consent.By) error {
	wanted := v.PostForm.Get("language")
	if wanted == stands.Spoken || !slices.Contains(languages, wanted) {
		return nil
	}
	id := uuid.MustParse(who.Actor.ActorID)
	n, err := query.New().SetContactLanguage(ctx, tx, query.SetContactLanguageParams{ID: id, Language: wanted, Now: now.Truncate(time.Microsecond)})
	if err != nil || n == 0 {
		return err
	}
	r := who.Actor
	r.Action, r.ResourceKind, r.ResourceID, r.Reason, r.Fields = "contact.set-language", "contact", id.String(), "by way of preference-page", []string{"language"}
	return audit.Append(ctx, tx, now, r)
}
