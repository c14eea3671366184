package pages

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/appointments"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/templates"
)

// appointmentView is the page on which a person sees, moves or cancels an appointment, or books another one.
type appointmentView struct {
	Heading string // key of the words
	State   string // open, fixed (too late to change it), missed, cancelled or over
	Title   string
	When    string
	Place   string
	Map     string
	Phone   string
	Notice  string // key of what was just done
	Wrong   string // key of what went wrong
	Times   []freeTime
	Later   string // the query of the next times; empty when there are none
	Moving  bool   // the visitor looks for another time
	Again   bool   // another one can be booked in its place
}

// freeTime is a time to choose.
type freeTime struct{ Value, Text string }

// timesShown is how many free times stand on one page.
const timesShown = 12

// meeting is a visit to an appointment.
type meeting struct {
	*visit
	row      query.Appointment
	kind     appointments.Type
	zone     *time.Location
	language string
}

// appointment shows an appointment and, by POST only, moves it, cancels it or books another in its place.
func (v *visit) appointment() error {
	row, err := appointments.Get(v.Context(), v.p.Pool, v.id)
	if errors.Is(err, appointments.ErrUnknown) {
		return errLink
	}
	if err != nil {
		return err
	}
	m := &meeting{visit: v, row: row}
	if m.kind, err = appointments.TypeOf(v.Context(), v.p.Pool, row); err != nil {
		return err
	}
	customer, err := person(v.Context(), v.p.Pool, row.ContactID)
	if err != nil {
		return err
	}
	if m.zone, err = appointments.ZoneOf(v.Context(), v.p.Pool, text(customer.TimeZone), text(customer.Country)); err != nil {
		return err
	}
	m.language = v.p.language(text(customer.Language), v.Header)
	if !v.posted {
		if v.URL.Query().Get("as") == "calendar" {
			return m.calendar()
		}
		return m.page(appointmentView{})
	}
	switch v.PostForm.Get("do") {
	case "move":
		return m.move()
	case "cancel":
		return m.cancel()
	case "book":
		return m.book()
	}
	return errForm
}

func (m *meeting) actor() audit.Record {
	return audit.Record{ActorKind: audit.Person, ActorID: m.row.ContactID.String(), Reason: "by the link to the appointment"}
}

// page shows how the appointment stands; view says what was just done or went wrong.
func (m *meeting) page(view appointmentView) error {
	now := m.p.Clock.Now()
	view.Title, view.Place, view.Map, view.Phone = m.kind.Title, m.kind.Place.Address, m.kind.Place.MapLink(), m.kind.Phone
	view.When = templates.Write(m.language, templates.Moment, m.row.StartAt.In(m.zone))
	switch {
	case m.row.State == appointments.Cancelled:
		view.State, view.Again = "cancelled", true
	case m.row.State == appointments.NoShowed:
		view.State, view.Again = "missed", true
	case m.row.State != appointments.Booked || !now.Before(m.row.StartAt):
		view.State = "over"
	case appointments.Movable(m.kind, m.row, now, appointments.Change{Notice: true}) != nil:
		view.State = "fixed"
	default:
		view.State = "open"
	}
	view.Heading = "appointment." + view.State + "_title"
	if view.State == "open" || view.Again {
		if err := m.times(&view, now); err != nil {
			return err
		}
	}
	return m.p.render(m.w, http.StatusOK, "appointment", m.language, view)
}

// times lists free times, from the one that the visitor has come to.
func (m *meeting) times(view *appointmentView, now time.Time) error {
	from, err := time.Parse(time.RFC3339, m.URL.Query().Get("from"))
	if err != nil {
		from = now
	}
	view.Moving = err == nil
	free, err := appointments.Free(m.Context(), m.p.Pool, now, m.kind, appointments.Wish{From: from, Limit: timesShown + 1, Spared: m.spared()})
	if err != nil {
		return err
	}
	for i, slot := range free {
		if i == timesShown {
			view.Later = "?" + url.Values{"from": {slot.Start.Format(time.RFC3339)}}.Encode()
			break
		}
		view.Times = append(view.Times, freeTime{slot.Start.Format(time.RFC3339), templates.Write(m.language, templates.Moment, slot.Start.In(m.zone))})
	}
	return nil
}

func (m *meeting) spared() uuid.UUID {
	if m.row.State == appointments.Booked {
		return m.row.ID
	}
	return uuid.Nil
}

// do changes the appointment in a transaction and shows what came of it.
func (m *meeting) do(notice string, change func(tx pgx.Tx) (query.Appointment, error)) error {
	var changed query.Appointment
	err := db.InTx(m.Context(), m.p.Pool, func(tx pgx.Tx) (err error) {
		changed, err = change(tx)
		return err
	})
	view := appointmentView{Notice: notice}
	switch {
	case errors.Is(err, appointments.ErrTaken):
		view = appointmentView{Wrong: "appointment.taken"}
	case errors.Is(err, appointments.ErrTooLate), errors.Is(err, appointments.ErrOver):
		view = appointmentView{Wrong: "appointment.too_late"}
	case err != nil:
		return err
	default:
		m.p.wake()
	}
	if changed.ID != uuid.Nil {
		m.row = changed
	}
	return m.page(view)
}

func (m *meeting) chosen() (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, m.PostForm.Get("start"))
	return at, err == nil
}

func (m *meeting) move() error {
	start, ok := m.chosen()
	if !ok {
		return m.page(appointmentView{Wrong: "appointment.choose"})
	}
	return m.do("appointment.moved", func(tx pgx.Tx) (query.Appointment, error) {
		return appointments.Move(m.Context(), tx, m.p.Clock.Now(), m.id, start, "", appointments.Change{Actor: m.actor(), Notice: true})
	})
}

func (m *meeting) cancel() error {
	return m.do("", func(tx pgx.Tx) (query.Appointment, error) {
		return appointments.Cancel(m.Context(), tx, m.p.Clock.Now(), m.id, appointments.Change{Actor: m.actor(), Notice: true})
	})
}

// againSpace is the UUID name space of appointments that were booked in the place of another: one for each.
var againSpace = uuid.MustParse("1d5d4a0e-9a77-5b54-93a3-0c7c6f1b2e5d")

// book books another appointment in the place of one that was missed or cancelled, once, and leads to its page.
func (m *meeting) book() error {
	start, ok := m.chosen()
	if !ok {
		return m.page(appointmentView{Wrong: "appointment.choose"})
	}
	if m.row.State != appointments.Cancelled && m.row.State != appointments.NoShowed {
		return m.page(appointmentView{Wrong: "appointment.too_late"})
	}
	var booked query.Appointment
	err := db.InTx(m.Context(), m.p.Pool, func(tx pgx.Tx) (err error) {
		booked, err = appointments.Book(m.Context(), tx, m.p.Clock.Now(), appointments.Booking{
			ID: uuid.NewSHA1(againSpace, m.id[:]), Type: m.row.Type, ContactID: m.row.ContactID, Start: start, Rebooks: m.id, Actor: m.actor(),
		})
		return err
	})
	if errors.Is(err, appointments.ErrTaken) || errors.Is(err, definitions.ErrUnknown) {
		return m.page(appointmentView{Wrong: "appointment.taken"})
	}
	if err != nil {
		return err
	}
	m.p.wake()
	m.w.Header().Set("Cache-Control", "no-store")
	m.w.Header().Set("Location", "/"+string(links.Appointment)+"/"+m.p.Links.Token(links.Appointment, booked.ID, 0))
	m.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// calendar hands out the appointment for a calendar, as long as it stands.
func (m *meeting) calendar() error {
	invite, err := appointments.InviteOf(m.row, m.kind, m.p.Clock.Now(), appointments.Invitation{Publish: true, Link: m.p.Links.URL(links.Appointment, m.id)})
	if err != nil {
		return err
	}
	if invite == nil || m.row.State != appointments.Booked {
		return m.page(appointmentView{})
	}
	h := m.w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8; method="+invite.Method)
	h.Set("Content-Disposition", `attachment; filename="appointment.ics"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	m.w.WriteHeader(http.StatusOK)
	_, _ = m.w.Write(invite.Content) // whoever left does not read it
	return nil
}
