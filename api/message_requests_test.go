package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/templates"
)

// asking is a house with the built-in templates, somebody to write to and somebody who works here.
type asking struct {
	*house
	contact, other, lead, user uuid.UUID
}

func setupAsking(t *testing.T) asking {
	t.Helper()
	h := asking{setup(t), uuid.New(), uuid.New(), uuid.New(), uuid.New()}
	require.NoError(t, templates.Seed(context.Background(), h.pool, time.Now()))
	h.exec(`insert into contacts (id, email, time_zone, language, created_at, updated_at) values ($1, 'ada@example.com', 'UTC', 'en', now(), now()),
		($2, 'grace@example.com', 'UTC', 'en', now(), now())`, h.contact, h.other)
	h.exec(`insert into leads (id, status, submission, source, channel, contact_id, submitted_at) values ($1, 'captured', '{}', 's', 'api', $2, now())`, h.lead, h.contact)
	h.exec(`insert into users (id, display_name, email, role, team, created_at) values ($1, 'Robin Sample', 'robin@example.com', 'representative', 'sales', now())`, h.user)
	return h
}

// body is a request of a message to the contact, with further members.
func (h asking) body(members ...string) string {
	return `{` + strings.Join(append([]string{`"contact_id":"` + h.contact.String() + `"`}, members...), ",") + `}`
}

const anIntroduction = `"template":"nurture-intro-1"`

// kept are how many requests, events and audit records of messages there are.
func (h asking) kept() [3]int {
	h.t.Helper()
	var n [3]int
	require.NoError(h.t, h.pool.QueryRow(context.Background(), `select (select count(*) from message_requests),
		(select count(*) from events where type = 'message.requested'), (select count(*) from audit_logs where action = 'message.request')`).Scan(&n[0], &n[1], &n[2]))
	return n
}

func TestAskForAMessage(t *testing.T) {
	t.Parallel()
	h := setupAsking(t)
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	got := h.send("POST", "/v1/messages", h.body(anIntroduction, `"channel":"email","department":"sales","urgency":"bulk"`,
		`"lead_id":"`+h.lead.String()+`","expires_at":"`+until.Format(time.RFC3339)+`","test_user_id":"`+h.user.String()+`"`)).want(http.StatusAccepted).json()
	id := got["id"].(string)
	require.Equal(t, map[string]any{
		"run": "/v1/processes/message/runs/" + id, "messages": "/v1/messages?request=" + id, "contact": "/v1/contacts/" + h.contact.String(),
	}, got["links"])
	require.Equal(t, [3]int{1, 1, 1}, h.kept())

	var row [5]string
	var lead, user, named uuid.UUID
	var expires time.Time
	require.NoError(t, h.pool.QueryRow(context.Background(), `select r.template, r.channel, r.department, r.urgency, e.subject, r.lead_id, r.test_user_id,
			(e.data->>'request_id')::uuid, r.expires_at
		from message_requests r, events e, audit_logs a
		where r.contact_id = $1 and e.type = 'message.requested' and a.action = 'message.request' and a.resource_id = r.id::text`, h.contact).
		Scan(&row[0], &row[1], &row[2], &row[3], &row[4], &lead, &user, &named, &expires))
	require.Equal(t, [5]string{"nurture-intro-1", "email", "sales", "bulk", id}, row)
	require.Equal(t, []string{h.lead.String(), h.user.String(), id}, []string{lead.String(), user.String(), named.String()})
	require.True(t, until.Equal(expires))

	// Only what is needed: the department is that of the process.
	id = h.send("POST", "/v1/messages", h.body(anIntroduction)).want(http.StatusAccepted).json()["id"].(string)
	require.NoError(t, h.pool.QueryRow(context.Background(), `select channel, department, urgency from message_requests where id = $1`, id).Scan(&row[0], &row[1], &row[2]))
	require.Equal(t, []string{"", "marketing", ""}, row[:3])
}

// Request, event and audit record are kept together or not at all.
func TestAMessageThatIsAskedForIsKeptWhole(t *testing.T) {
	t.Parallel()
	h := setupAsking(t)
	h.exec(`alter table events add constraint full_up check (type <> 'message.requested')`)
	h.send("POST", "/v1/messages", h.body(anIntroduction), "Idempotency-Key", "k").want(http.StatusInternalServerError)
	require.Equal(t, [3]int{}, h.kept())
	h.exec(`alter table events drop constraint full_up`)
	h.send("POST", "/v1/messages", h.body(anIntroduction), "Idempotency-Key", "k").want(http.StatusAccepted)
	require.Equal(t, [3]int{1, 1, 1}, h.kept())
}

func TestTheSameKeyAsksOnce(t *testing.T) {
	t.Parallel()
	h := setupAsking(t)
	first := h.send("POST", "/v1/messages", h.body(anIntroduction), "Idempotency-Key", "k").want(http.StatusAccepted)
	again := h.send("POST", "/v1/messages", h.body(anIntroduction), "Idempotency-Key", "k").want(http.StatusAccepted)
	require.Equal(t, "true", again.Header().Get("Idempotency-Replayed"))
	require.Equal(t, first.json(), again.json())
	h.send("POST", "/v1/messages", h.body(anIntroduction, `"urgency":"now"`), "Idempotency-Key", "k").want(http.StatusUnprocessableEntity)
	// The answer was lost, and the template is gone: what was done stays done.
	h.exec(`delete from idempotency_keys`)
	h.exec(`update communication_templates set state = 'retired'`)
	require.Equal(t, first.json(), h.send("POST", "/v1/messages", h.body(anIntroduction), "Idempotency-Key", "k").want(http.StatusAccepted).json())
	require.Equal(t, [3]int{1, 1, 1}, h.kept())
}

func TestAMessageGoesToWhomAContactWasJoined(t *testing.T) {
	t.Parallel()
	h := setupAsking(t)
	h.exec(`update contacts set merged_into = $2 where id = $1`, h.contact, h.other)
	got := h.send("POST", "/v1/messages", h.body(anIntroduction, `"lead_id":"`+h.lead.String()+`"`)).want(http.StatusAccepted).json()
	require.Equal(t, "/v1/contacts/"+h.other.String(), got["links"].(map[string]any)["contact"])
}

func TestARequestThatCannotBeMetNamesItsField(t *testing.T) {
	t.Parallel()
	h := setupAsking(t)
	h.exec(`insert into communication_templates (name, version, state, class, definition, author, created_at)
		values ('draft', 1, 'draft', 'marketing', '{}', 'test', now())`)
	stranger := uuid.New()
	h.exec(`insert into leads (id, status, submission, source, channel, contact_id, submitted_at) values ($1, 'captured', '{}', 's', 'api', $2, now())`, stranger, h.other)
	left := uuid.New()
	h.exec(`insert into users (id, display_name, email, role, team, active, created_at) values ($1, 'Gone', 'gone@example.com', 'representative', 'sales', false, now())`, left)
	quoted := func(id uuid.UUID) string { return `"` + id.String() + `"` }
	for _, c := range []struct{ body, field string }{
		{`{` + anIntroduction + `}`, "contact_id"},
		{`{"contact_id":"ada@example.com",` + anIntroduction + `}`, "contact_id"},
		{`{"contact_id":` + quoted(uuid.New()) + `,` + anIntroduction + `}`, "contact_id"},
		{`{"contact_id":` + quoted(uuid.Nil) + `,` + anIntroduction + `}`, "contact_id"},
		{h.body(), "template"},
		{h.body(`"template":""`), "template"},
		{h.body(`"template":"no-such"`), "template"},
		{h.body(`"template":"draft"`), "template"},
		{h.body(`"template":"retention-coupon"`), "template"},  // speaks of a coupon
		{h.body(`"template":"survey-invitation"`), "template"}, // leads to a form
		{h.body(`"template":"` + strings.Repeat("t", 101) + `"`), "template"},
		{h.body(anIntroduction, `"channel":"sms"`), "channel"},
		{h.body(anIntroduction, `"channel":"webhook"`), "channel"},
		{h.body(anIntroduction, `"department":"astrology"`), "department"},
		{h.body(anIntroduction, `"urgency":"tomorrow"`), "urgency"},
		{h.body(anIntroduction, `"expires_at":"2020-01-01T00:00:00Z"`), "expires_at"},
		{h.body(anIntroduction, `"expires_at":"soon"`), "expires_at"},
		{h.body(anIntroduction, `"lead_id":`+quoted(uuid.New())), "lead_id"},
		{h.body(anIntroduction, `"lead_id":`+quoted(stranger)), "lead_id"},
		{h.body(anIntroduction, `"test_user_id":`+quoted(uuid.New())), "test_user_id"},
		{h.body(anIntroduction, `"test_user_id":`+quoted(left)), "test_user_id"},
		{h.body(anIntroduction, `"email":"ada@example.com"`), "email"},
	} {
		require.Equal(t, []string{c.field}, h.send("POST", "/v1/messages", c.body).want(http.StatusUnprocessableEntity).refusal(), c.body)
	}
	// All that is wrong is told at once.
	all := h.send("POST", "/v1/messages", `{"contact_id":`+quoted(uuid.New())+`,"template":"no-such","department":"astrology","expires_at":"2020-01-01T00:00:00Z"}`)
	require.Equal(t, []string{"contact_id", "template", "department", "expires_at"}, all.want(http.StatusUnprocessableEntity).refusal())
	require.Equal(t, [3]int{}, h.kept())
}

func TestAskingForMessagesTakesAScopeOfItsOwn(t *testing.T) {
	t.Parallel()
	h := setupAsking(t)
	h.key = h.newKey("messages:read", "processes:write", "consents:write", "templates:transactional")
	require.Contains(t, h.send("POST", "/v1/messages", h.body(anIntroduction)).want(http.StatusForbidden).json()["detail"], "messages:write")
	require.Equal(t, [3]int{}, h.kept())
	h.key = h.newKey("messages:write")
	h.send("POST", "/v1/messages", h.body(anIntroduction)).want(http.StatusAccepted)
	h.send("GET", "/v1/messages", "").want(http.StatusForbidden)
}
