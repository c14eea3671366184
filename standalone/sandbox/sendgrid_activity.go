package sandbox

import (
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// activityQuery is the one query that the sandbox understands: a mail by its
// unique argument.
var activityQuery = regexp.MustCompile(`^\(?unique_args\['` + messageArgument + `'\]\s*=\s*"([^"]+)"\)?$`)

const maxActivity = 1000

// activity is a mail in the Email Activity API.
type activity struct {
	FromEmail     string `json:"from_email"`
	MessageID     string `json:"msg_id"`
	Subject       string `json:"subject"`
	ToEmail       string `json:"to_email"`
	Status        string `json:"status"`
	OpensCount    int    `json:"opens_count"`
	ClicksCount   int    `json:"clicks_count"`
	LastEventTime string `json:"last_event_time"`
}

// sendGridMessages looks mails up: GET /v3/messages?query=…&limit=…, shaped as
// https://www.twilio.com/docs/sendgrid/api-reference/email-activity/filter-all-messages
// describes. A mail is listed after Options.ActivityDelay.
func (s *Sandbox) sendGridMessages(w http.ResponseWriter, r *http.Request) {
	if !s.sendGridAuthenticated(w, r) {
		return
	}
	query := r.URL.Query()
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 || limit > maxActivity {
		writeSendGridError(w, &sendGridError{http.StatusBadRequest, "limit must be between 1 and 1000", "limit"})
		return
	}
	wanted := activityQuery.FindStringSubmatch(query.Get("query"))
	if wanted == nil {
		writeSendGridError(w, &sendGridError{http.StatusBadRequest, "the sandbox looks up mails by unique_args['" + messageArgument + "'] only", "query"})
		return
	}
	found := []activity{}
	for _, m := range s.outbox.withArgument(wanted[1], s.options.ActivityDelay) {
		if len(found) < limit {
			found = append(found, newActivity(&m))
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"messages": found})
}

func newActivity(m *Message) activity {
	a := activity{
		FromEmail: m.From, ToEmail: m.To, Subject: m.Subject, MessageID: sendGridMessageID(m), Status: "delivered",
		LastEventTime: m.SentAt.Format(time.RFC3339),
	}
	if m.Status == "bounced" {
		a.Status = "not_delivered"
	}
	for _, e := range m.Events {
		switch e.Name {
		case "open":
			a.OpensCount++
		case "click":
			a.ClicksCount++
		}
		a.LastEventTime = e.At.Format(time.RFC3339)
	}
	return a
}
