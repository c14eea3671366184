package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	twilioVersion  = "2010-04-01"
	defaultPage    = 50
	maxPage        = 1_000
	twilioDateForm = "Mon, 02 Jan 2006 15:04:05 +0000" // RFC 2822, always UTC
)

// twilioMessage is the Message resource, api.v2010.account.message in Twilio's
// OpenAPI description.
type twilioMessage struct {
	AccountSID          string            `json:"account_sid"`
	APIVersion          string            `json:"api_version"`
	Body                string            `json:"body"`
	DateCreated         string            `json:"date_created"`
	DateSent            *string           `json:"date_sent"`
	DateUpdated         string            `json:"date_updated"`
	Direction           string            `json:"direction"`
	ErrorCode           *int              `json:"error_code"`
	ErrorMessage        *string           `json:"error_message"`
	From                *string           `json:"from"`
	MessagingServiceSID *string           `json:"messaging_service_sid"`
	NumMedia            string            `json:"num_media"`
	NumSegments         string            `json:"num_segments"`
	Price               *string           `json:"price"`
	PriceUnit           *string           `json:"price_unit"`
	SID                 string            `json:"sid"`
	Status              string            `json:"status"`
	SubresourceURIs     map[string]string `json:"subresource_uris"`
	To                  string            `json:"to"`
	URI                 string            `json:"uri"`
}

func newTwilioMessage(m *Message, details *sms, updated time.Time, failure int) *twilioMessage {
	sid := twilioSID(m.ID)
	base := "/" + twilioVersion + "/Accounts/" + details.AccountSID + "/Messages/" + sid
	t := &twilioMessage{
		AccountSID: details.AccountSID, APIVersion: twilioVersion, Body: m.Text,
		DateCreated: m.SentAt.UTC().Format(twilioDateForm), DateUpdated: updated.UTC().Format(twilioDateForm),
		Direction: "outbound-api", From: &m.From, NumMedia: strconv.Itoa(details.Media),
		NumSegments: strconv.Itoa(details.Segments), SID: sid, Status: m.Status, To: m.To,
		SubresourceURIs: map[string]string{"media": base + "/Media.json"}, URI: base + ".json",
	}
	if details.MessagingServiceSID != "" {
		t.MessagingServiceSID = &details.MessagingServiceSID
	}
	switch m.Status {
	case "accepted": // no sender was chosen yet
		t.From, t.NumSegments = nil, "0"
	case "queued":
	default:
		t.DateSent = &t.DateUpdated
	}
	if failure != 0 {
		message := deliveryErrors[failure]
		t.ErrorCode, t.ErrorMessage = &failure, &message
	}
	return t
}

// twilioResource reads the Message resource of a text message.
func (s *Sandbox) twilioResource(id string) (*twilioMessage, error) {
	m, details, err := s.outbox.get(id)
	if err != nil {
		return nil, err
	}
	if details == nil {
		return nil, errNoMessage
	}
	updated, failure := m.SentAt, 0
	for _, event := range m.Events {
		if event.Status != "" {
			updated, failure = event.At, event.ErrorCode
		}
	}
	return newTwilioMessage(&m, details, updated, failure), nil
}

// twilioGet answers GET …/Messages/{sid}.json.
func (s *Sandbox) twilioGet(w http.ResponseWriter, r *http.Request) {
	if !s.authenticated(w, r) {
		return
	}
	sid, _ := strings.CutSuffix(r.PathValue("file"), ".json")
	id, ok := idOfSID(sid)
	if !ok {
		s.twilioNotFound(w, r)
		return
	}
	resource, err := s.twilioResource(id)
	switch {
	case errors.Is(err, errNoMessage):
		s.twilioNotFound(w, r)
	case err != nil:
		s.log.Error("a text message could not be read", "error", err)
		writeTwilioError(w, newTwilioError(http.StatusInternalServerError, 20500, "Internal Server Error"))
	default:
		writeJSON(w, http.StatusOK, resource)
	}
}

// twilioList answers GET …/Messages.json, newest first, with the filters To,
// From, DateSent, DateSent< and DateSent> and with Twilio's paging.
func (s *Sandbox) twilioList(w http.ResponseWriter, r *http.Request) {
	if !s.authenticated(w, r) {
		return
	}
	query := r.URL.Query()
	selects, ok := dateFilter(query)
	size, page := defaultPage, 0
	if text := query.Get("PageSize"); text != "" {
		size, _ = strconv.Atoi(text)
	}
	if text := query.Get("Page"); text != "" {
		page, _ = strconv.Atoi(text)
	}
	if !ok || size < 1 || page < 0 {
		writeTwilioError(w, newTwilioError(http.StatusBadRequest, 20001, "Invalid date or page parameter"))
		return
	}
	size = min(size, maxPage)
	all, _, err := s.outbox.summaries(filter{to: query.Get("To")})
	var messages []*twilioMessage
	more := false
	skip := page * size
	for _, m := range slices.Backward(all) {
		from := query.Get("From")
		if (m.Channel != ChannelSMS && m.Channel != ChannelWhatsApp) || (from != "" && m.From != from) || !selects(m.SentAt) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		if len(messages) == size {
			more = true
			break
		}
		var resource *twilioMessage
		if resource, err = s.twilioResource(m.ID); errors.Is(err, errNoMessage) {
			err = nil // cleared meanwhile
			continue
		} else if err != nil {
			break
		}
		messages = append(messages, resource)
	}
	if err != nil {
		s.log.Error("text messages could not be listed", "error", err)
		writeTwilioError(w, newTwilioError(http.StatusInternalServerError, 20500, "Internal Server Error"))
		return
	}
	writeJSON(w, http.StatusOK, newTwilioPage(r.URL, messages, size, page, more))
}

// twilioPage is ListMessageResponse.
type twilioPage struct {
	Messages        []*twilioMessage `json:"messages"`
	URI             string           `json:"uri"`
	FirstPageURI    string           `json:"first_page_uri"`
	NextPageURI     *string          `json:"next_page_uri"`
	PreviousPageURI *string          `json:"previous_page_uri"`
	Page            int              `json:"page"`
	PageSize        int              `json:"page_size"`
	Start           int              `json:"start"`
	End             int              `json:"end"`
}

func newTwilioPage(at *url.URL, messages []*twilioMessage, size, page int, more bool) *twilioPage {
	link := func(page int) string {
		query := at.Query()
		query.Set("PageSize", strconv.Itoa(size))
		query.Set("Page", strconv.Itoa(page))
		return at.Path + "?" + query.Encode()
	}
	if messages == nil {
		messages = []*twilioMessage{}
	}
	p := &twilioPage{
		Messages: messages, URI: link(page), FirstPageURI: link(0), Page: page, PageSize: size,
		Start: page * size, End: page*size + max(len(messages)-1, 0),
	}
	if more {
		next := link(page + 1)
		p.NextPageURI = &next
	}
	if page > 0 {
		previous := link(page - 1)
		p.PreviousPageURI = &previous
	}
	return p
}

// dateFilter reads the DateSent parameters; false for a date that cannot be
// read. A day without a time means the whole day in UTC.
func dateFilter(query url.Values) (selects func(time.Time) bool, ok bool) {
	from, until := time.Time{}, time.Time{}
	for name, bound := range map[string]func(at, dayAfter time.Time){
		"DateSent":  func(at, dayAfter time.Time) { from, until = at, dayAfter },
		"DateSent>": func(at, _ time.Time) { from = at },
		"DateSent<": func(_, dayAfter time.Time) { until = dayAfter },
	} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		at, day, err := parseTwilioDate(text)
		if err != nil {
			return nil, false
		}
		end := at.Add(time.Second)
		if day {
			end = at.AddDate(0, 0, 1)
		}
		bound(at, end)
	}
	return func(sent time.Time) bool {
		return (from.IsZero() || !sent.Before(from)) && (until.IsZero() || sent.Before(until))
	}, true
}

func parseTwilioDate(text string) (at time.Time, day bool, err error) {
	if at, err = time.Parse(time.DateOnly, text); err == nil {
		return at, true, nil
	}
	for _, layout := range []string{time.RFC3339, time.RFC1123Z, time.RFC1123, "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if at, err = time.Parse(layout, text); err == nil {
			return at.UTC(), false, nil
		}
	}
	return time.Time{}, false, err
}
