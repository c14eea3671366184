package notify

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	htmltemplate "html/template"
	"regexp"
	"strings"
	texttemplate "text/template"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/money"
)

// Each template is a file whose first line is the subject and whose rest is the text. The HTML part is made from the
// text, so that the two never say different things.
//
//go:embed words/*.txt
var wordFiles embed.FS

var words = texttemplate.Must(texttemplate.New("words").ParseFS(wordFiles, "words/*.txt"))

var page = htmltemplate.Must(htmltemplate.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Subject}}</title></head>
<body style="font-family:sans-serif;line-height:1.5;max-width:40em;margin:1em auto;padding:0 1em">
{{range .Paragraphs}}<p>{{range $i, $line := .}}{{if $i}}<br>{{end}}{{$line}}{{end}}</p>
{{end}}</body></html>
`))

// manyBlanks are the gaps that absent facts leave behind.
var manyBlanks = regexp.MustCompile(`\n\s*\n+`)

// rendered is a message in words.
type rendered struct{ Subject, Text, HTML string }

// view is what a template sees.
type view struct {
	query.MessageFactsRow
	Who  string // the person, as best we can name them
	Due  string // when the task is due, in the reader's time zone
	Link string // where the deal, the lead, the import or the approval is read

	Worth    string // the amount of the deal
	Amount   string // what is to be approved
	Discount string
	Until    string // when the approval expires, in the reader's time zone
	Start    string // when the appointment begins, in the reader's time zone
}

func (s *Service) render(m Message, f query.MessageFactsRow) (rendered, error) {
	v := view{MessageFactsRow: f, Who: who(f), Link: s.link(m), Worth: money.Amount{Minor: f.DealAmount, Currency: f.DealCurrency}.String()}
	v.Due, v.Until = local(f.TaskDueAt, f.UserTimeZone), local(f.ApprovalExpiresAt, f.UserTimeZone)
	v.Start = local(f.AppointmentStartAt, f.UserTimeZone)
	if f.ApprovalCurrency != "" {
		v.Amount = money.Amount{Minor: f.ApprovalAmount, Currency: f.ApprovalCurrency}.String()
	}
	if p := f.ApprovalPermille; p != 0 {
		v.Discount = fmt.Sprintf("%d.%d %%", p/10, p%10)
	}
	var out bytes.Buffer
	if err := words.ExecuteTemplate(&out, string(m.Template)+".txt", v); err != nil {
		return rendered{}, fmt.Errorf("render template %s: %w", m.Template, err)
	}
	subject, text, _ := strings.Cut(out.String(), "\n")
	r := rendered{Subject: strings.Join(strings.Fields(subject), " "), Text: manyBlanks.ReplaceAllString(strings.TrimSpace(text), "\n\n") + "\n"}
	var html bytes.Buffer
	var paragraphs [][]string
	for _, p := range strings.Split(strings.TrimSpace(r.Text), "\n\n") {
		paragraphs = append(paragraphs, strings.Split(p, "\n"))
	}
	err := page.Execute(&html, struct {
		Subject    string
		Paragraphs [][]string
	}{r.Subject, paragraphs})
	r.HTML = html.String()
	return r, err
}

// local writes an instant on the reader's clock; none is "".
func local(t *time.Time, name string) string {
	if t == nil {
		return ""
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = time.UTC
	}
	return t.In(zone).Format("Mon 2 Jan 2006 15:04 MST")
}

// event is a message as a webhook body: ids and words of the business, nothing personal.
func (s *Service) event(m Message, f query.MessageFactsRow) ([]byte, error) {
	type data struct {
		LeadID        uuid.UUID `json:"lead_id,omitzero"`
		TaskID        uuid.UUID `json:"task_id,omitzero"`
		ImportID      uuid.UUID `json:"import_id,omitzero"`
		DealID        uuid.UUID `json:"deal_id,omitzero"`
		AppointmentID uuid.UUID `json:"appointment_id,omitzero"`
		Stage         string    `json:"stage,omitempty"`
		UserID        uuid.UUID `json:"user_id,omitzero"`
		Channel       string    `json:"channel,omitempty"`
		Source        string    `json:"source,omitempty"`
		Tier          string    `json:"tier,omitempty"`
		Score         int32     `json:"score,omitempty"`
		Link          string    `json:"link,omitempty"`
	}
	return json.Marshal(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      data      `json:"data"`
	}{string(m.Template), s.clock.Now(), data{
		m.LeadID, m.TaskID, m.ImportID, m.DealID, m.AppointmentID, f.DealStage, m.UserID, f.LeadChannel, f.LeadSource, f.LeadTier, f.LeadScore, s.link(m),
	}})
}

func (s *Service) link(m Message) string {
	switch {
	case s.links == "":
		return ""
	case m.DealID != uuid.Nil:
		return s.links + "/v1/deals/" + m.DealID.String()
	case m.AppointmentID != uuid.Nil:
		return s.links + "/v1/appointments/" + m.AppointmentID.String()
	case m.ImportID != uuid.Nil:
		return s.links + "/v1/leads/imports/" + m.ImportID.String()
	case m.ApprovalID != uuid.Nil:
		return s.links + "/v1/approvals/" + m.ApprovalID.String()
	case m.LeadID != uuid.Nil:
		return s.links + "/v1/leads/" + m.LeadID.String()
	case m.TaskID != uuid.Nil:
		return s.links + "/v1/tasks/" + m.TaskID.String()
	default:
		return ""
	}
}

func who(f query.MessageFactsRow) string {
	for _, name := range []string{f.ContactName, f.ContactCompany, f.ContactEmail, f.ContactPhone} {
		if name != "" {
			return name
		}
	}
	return "someone new"
}
