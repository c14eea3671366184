package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refusal is one bad request: how it is made, what it is answered with, and the field that the answer names.
type refusal struct {
	method, target, body string
	headers              []string
	status               int
	field                string // empty when no field is at fault
}

const someID = "0198c8a0-0000-7000-8000-000000000001"

// TestRefusals sends every bad request to one server, and proves that each names what is wrong and leaves nothing behind.
func TestRefusals(t *testing.T) {
	t.Parallel()
	h := setup(t)
	run := h.startedRun()
	task := h.task()
	list := refusals(run, task)
	require.GreaterOrEqual(t, len(list), 200)
	before := h.counts()
	for i, r := range list {
		name := fmt.Sprintf("%d %s %s %.60q", i, r.method, r.target, r.body)
		got := h.send(r.method, r.target, r.body, r.headers...)
		if !assert.Equal(t, r.status, got.Code, "%s: %s", name, got.Body) {
			continue
		}
		fields := got.refusal()
		if r.field != "" {
			assert.Contains(t, fields, r.field, "%s: %s", name, got.Body)
		}
		require.NotContains(t, got.Body.String(), "SQLSTATE", name)
		require.NotContains(t, got.Body.String(), "goroutine", name)
		require.Equal(t, before, h.counts(), "%s left something behind", name)
	}
}

func refusals(run, task string) []refusal {
	var all []refusal
	add := func(method, target, body string, status int, field string, headers ...string) {
		all = append(all, refusal{method, target, body, headers, status, field})
	}
	lead := func(member string) string {
		return `{"email":"a@example.com","source":"s","channel":"api",` + member + `}`
	}
	long := func(n int) string { return `"` + strings.Repeat("ä", n) + `"` }
	const post, get = http.MethodPost, http.MethodGet

	// Text that is not JSON, everywhere where JSON is taken.
	care := "/v1/processes/order-care/runs"
	targets := []string{"/v1/leads", "/v1/leads/" + someID + "/amend", "/v1/events", "/v1/reviews/" + someID + "/decide", care,
		care + "/" + run + "/signals/paid", care + "/" + run + "/updates/approve", "/v1/tasks/" + task + "/complete", "/v1/tasks/" + task + "/reassign"}
	for _, target := range targets {
		add(post, target, `{"email"`, 400, "body")
		add(post, target, `{} {}`, 400, "body")
		add(post, target, "{\"a\":\"\xff\xfe\"}", 400, "body")
		add(post, target, `{"a":{"b":1,"b":1}}`, 400, "a.b")
		add(post, target, `{"a":"\u0000"}`, 400, "a")
		add(post, target, `{"a":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)+`}`, 400, "a")
		add(post, target, `{"a":1e400}`, 400, "a")
		add(post, target, `{"a":"\ud800"}`, 400, "body")
		add(post, target, `[]`, 422, "body")
		add(post, target, `{"no_such_member":1}`, 422, "no_such_member")
		add(post, target, `{}`, 415, "Content-Type", "Content-Type", "text/plain")
		add(post, target, `{}`, 415, "Content-Type", "Content-Type", "application/json; charset=latin1")
		add(post, target, `{}`, 415, "Content-Type", "Content-Type", "application/json", "Content-Encoding", "gzip")
		add(post, target, `{"a":"`+strings.Repeat("x", 1<<20)+`"}`, 413, "")
	}
	// Members of a lead.
	for _, name := range []string{"email", "phone", "first_name", "last_name", "company", "source", "country", "time_zone", "language", "message", "campaign"} {
		for _, wrong := range []string{"1", "true", "null", "[]", "{}"} {
			if name == "email" || name == "source" {
				add(post, "/v1/leads", strings.Replace(`{"email":"a@example.com","source":"s","channel":"api"}`, map[string]string{"email": `"a@example.com"`, "source": `"s"`}[name], wrong, 1), 422, name)
				continue
			}
			add(post, "/v1/leads", lead(`"`+name+`":`+wrong), 422, name)
		}
	}
	for name, limit := range map[string]int{"phone": 64, "first_name": 200, "last_name": 200, "company": 200, "country": 64, "time_zone": 64, "language": 35, "message": 10000, "campaign": 200} {
		add(post, "/v1/leads", lead(`"`+name+`":`+long(limit+1)), 422, name)
	}
	add(post, "/v1/leads", `{"source":"s","channel":"api"}`, 422, "email")
	add(post, "/v1/leads", `{"source":"s","channel":"api"}`, 422, "phone")
	add(post, "/v1/leads", `{"email":"","phone":"","source":"s","channel":"api"}`, 422, "phone")
	add(post, "/v1/leads", `{"email":"a@example.com","channel":"api"}`, 422, "source")
	add(post, "/v1/leads", `{"email":"a@example.com","source":"","channel":"api"}`, 422, "source")
	add(post, "/v1/leads", `{"email":"a@example.com","source":"s"}`, 422, "channel")
	add(post, "/v1/leads", `{"email":"a@example.com","source":"s","channel":"fax"}`, 422, "channel")
	add(post, "/v1/leads", `{"Email":"a@example.com","phone":"1","source":"s","channel":"api"}`, 422, "Email")
	add(post, "/v1/leads", lead(`"attributes":{"a":{"b":1}}`), 422, "attributes.a")
	add(post, "/v1/leads", lead(`"attributes":{"a":null}`), 422, "attributes.a")
	add(post, "/v1/leads", lead(`"attributes":{"a":`+long(1001)+`}`), 422, "attributes.a")
	add(post, "/v1/leads", lead(`"attributes":{"":1}`), 422, "")
	add(post, "/v1/leads", lead(`"attributes":[1]`), 422, "attributes")
	add(post, "/v1/leads", lead(`"consent":{"email":"yes"}`), 422, "consent.email")
	add(post, "/v1/leads", lead(`"consent":{"email":1}`), 422, "consent.email")
	add(post, "/v1/leads", `"text"`, 422, "body")
	add(post, "/v1/leads", `null`, 422, "body")
	add(post, "/v1/leads", ``, 400, "body", "Content-Type", "application/json")
	add(post, "/v1/leads", `{}`, 415, "Content-Type", "Content-Type", "")
	add(post, "/v1/leads?dry=1", lead(`"phone":"1"`), 400, "dry")
	for _, key := range []string{" ", "a b", "ä", strings.Repeat("k", 256), "tab\there"} {
		add(post, "/v1/leads", lead(`"phone":"1"`), 400, "Idempotency-Key", "Idempotency-Key", key)
	}
	// Ids, queries, cursors.
	for _, target := range []string{"/v1/leads/1", "/v1/leads/" + someID + "x", "/v1/leads/{" + someID + "}", "/v1/contacts/me", "/v1/contacts/x/timeline", "/v1/leads/imports/x", "/v1/leads/imports/x/rejects"} {
		add(get, target, "", 400, "id")
	}
	add(post, "/v1/tasks/17/start", "", 400, "id")
	add(post, "/v1/reviews/17/decide", `{"decision":"merge"}`, 400, "id")
	add(get, "/v1/processes/No_Such", "", 400, "name")
	add(get, "/v1/processes/order-care/runs/a b", "", 400, "run")
	add(get, "/v1/processes/order-care/runs/a\x00b", "", 400, "run")
	for target, bad := range map[string][]string{
		"/v1/leads":                            {"limit=0", "limit=201", "limit=x", "limit=1.5", "limit=99999999999999999999", "tier=boiling", "status=lost", "assignee=me", "cursor=x", "cursor=%20", "cursor=" + strings.Repeat("a", 1001), "nope=1", "tier=hot&tier=warm", "tier=%00", "tier=%ff"},
		"/v1/tasks":                            {"limit=-1", "state=lost", "assignee=17", "cursor=AAAA", "nope=1"},
		"/v1/messages":                         {"contact=17", "process=" + strings.Repeat("p", 101), "state=lost", "cursor=e30", "limit=abc"},
		"/v1/reviews":                          {"state=maybe", "cursor=e30"},
		care:                                   {"state=lost", "limit=0", "cursor=e30", "subject=" + strings.Repeat("s", 256), "nope="},
		"/v1/contacts/" + someID + "/timeline": {"limit=0", "nope=1"},
		"/v1/leads/" + someID:                  {"expand=1"},
	} {
		for _, q := range bad {
			field, _, _ := strings.Cut(q, "=")
			add(get, target+"?"+q, "", 400, field)
		}
	}
	add(get, "/v1/leads?tier=%zz", "", 400, "query")
	add(get, "/v1/leads/"+someID, `{"body":1}`, 400, "body")
	// What does not exist.
	for _, target := range []string{"/v1/leads/" + someID, "/v1/contacts/" + someID, "/v1/leads/imports/" + someID, "/v1/processes/no-such", care + "/nobody", "/v2/leads", "/v1/leads/", "/v1"} {
		add(get, target, "", 404, "")
	}
	add(post, "/v1/tasks/"+someID+"/start", "", 404, "")
	add(post, "/v1/reviews/"+someID+"/decide", `{"decision":"merge"}`, 404, "")
	add(http.MethodDelete, "/v1/leads", "", 405, "")
	add(http.MethodPut, "/v1/leads/"+someID, "", 405, "")
	add(post, "/healthz", "", 405, "")
	// Inputs, signals, updates of processes.
	id := `"order_id":"` + someID + `"`
	for body, field := range map[string]string{
		`{}`: "order_id", `{"order_id":"17"}`: "order_id", `{"order_id":17}`: "order_id", `{"order_id":null}`: "order_id",
		`{"order_id":"0198c8a000007000800000000000001"}`: "order_id", `{` + id + `,"amount":-1}`: "amount", `{` + id + `,"amount":1001}`: "amount",
		`{` + id + `,"amount":1.5}`: "amount", `{` + id + `,"amount":1.0}`: "amount", `{` + id + `,"amount":"1"}`: "amount", `{` + id + `,"note":1}`: "note",
		`{` + id + `,"note":` + long(1001) + `}`: "note", `{` + id + `,"extra":1}`: "extra", `{"order_id":"` + uuid.Nil.String() + `"}`: "body",
	} {
		add(post, care, body, 422, field)
	}
	for body, field := range map[string]string{`{"cents":0}`: "cents", `{"cents":"5"}`: "cents", `{"cents":9007199254740992}`: "cents", `{"cents":5,"x":1}`: "x", `{"cents":5e0}`: "cents", `{}`: "cents"} {
		add(post, care+"/"+run+"/signals/paid", body, 422, field)
		add(post, care+"/"+run+"/updates/approve", body, 422, field)
	}
	add(post, care+"/"+run+"/signals/nudged", `{"x":1}`, 422, "x")
	// Tasks and reviews.
	add(post, "/v1/tasks/"+task+"/complete", `{}`, 422, "outcome")
	add(post, "/v1/tasks/"+task+"/complete", `{"outcome":""}`, 422, "outcome")
	add(post, "/v1/tasks/"+task+"/complete", `{"outcome":`+long(101)+`}`, 422, "outcome")
	add(post, "/v1/tasks/"+task+"/reassign", `{}`, 422, "assignee")
	add(post, "/v1/tasks/"+task+"/reassign", `{"assignee":"`+someID+`"}`, 422, "assignee")
	add(post, "/v1/tasks/"+task+"/start", `{"note":5}`, 422, "note")
	add(post, "/v1/reviews/"+someID+"/decide", `{"decision":"later"}`, 422, "decision")
	add(post, "/v1/reviews/"+someID+"/decide", `{}`, 422, "decision")
	add(post, "/v1/leads/"+someID+"/amend", `{}`, 422, "body")
	add(post, "/v1/leads/"+someID+"/amend", `{"source":"x"}`, 422, "source")
	return append(append(all, eventRefusals()...), fileRefusals()...)
}

// eventRefusals are bad CloudEvents.
func eventRefusals() []refusal {
	event := func(change string) string {
		members := map[string]string{"specversion": `"1.0"`, "id": `"1"`, "source": `"/shop"`, "type": `"order.placed"`, "data": `{"order_id":"` + someID + `"}`}
		name, value, _ := strings.Cut(change, "=")
		if members[name] = value; value == "" {
			delete(members, name)
		}
		var parts []string
		for k, v := range members {
			parts = append(parts, `"`+k+`":`+v)
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	var all []refusal
	for _, c := range []struct{ change, field string }{
		{"specversion=", "specversion"}, {`specversion="0.3"`, "specversion"}, {"specversion=1.0", "specversion"},
		{"id=", "id"}, {`id=""`, "id"}, {"id=1", "id"}, {`id="` + strings.Repeat("i", 257) + `"`, "id"},
		{"source=", "source"}, {`source=""`, "source"}, {`source="a b"`, "source"}, {`source="%zz"`, "source"}, {`source="perdura"`, "source"}, {`source="perdura/x"`, "source"},
		{"type=", "type"}, {`type=""`, "type"}, {`type="perdura.process.start"`, "type"}, {`type="perdura.process.signal"`, "type"}, {`type=["x"]`, "type"},
		{`time="yesterday"`, "time"}, {`time="2026-13-01T00:00:00Z"`, "time"}, {`time="2026-01-01"`, "time"}, {"time=5", "time"},
		{`subject=""`, "subject"}, {`subject=5`, "subject"}, {`datacontenttype="text/xml"`, "datacontenttype"}, {`dataschema="not a uri"`, "dataschema"},
		{`data_base64="AA=="`, "data_base64"}, {`Trace_ID="x"`, "Trace_ID"},
		{"data=", "data"}, {"data={}", "data.order_id"}, {`data={"order_id":"x"}`, "data.order_id"}, {`data={"order_id":"` + someID + `","x":1}`, "data.x"}, {`data="text"`, "data"},
	} {
		body := event(c.change)
		all = append(all,
			refusal{"POST", "/v1/events", body, []string{"Content-Type", "application/cloudevents+json"}, 422, c.field},
			refusal{"POST", "/v1/events", "[" + event(`id="0"`) + "," + body + "]", []string{"Content-Type", "application/cloudevents-batch+json"}, 422, "1." + c.field})
	}
	batch := []string{"Content-Type", "application/cloudevents-batch+json"}
	return append(all,
		refusal{"POST", "/v1/events", "[]", batch, 422, "body"},
		refusal{"POST", "/v1/events", event(`id="1"`), batch, 422, "body"},
		refusal{"POST", "/v1/events", "[" + strings.TrimSuffix(strings.Repeat(event(`id="1"`)+",", 501), ",") + "]", batch, 422, "body"},
		refusal{"POST", "/v1/events", "[" + event(`id="1"`) + "]", nil, 422, "body"},
	)
}

// fileRefusals are hostile files.
func fileRefusals() []refusal {
	var all []refusal
	add := func(body, field string) {
		all = append(all, refusal{"POST", "/v1/leads/imports", body, []string{"Content-Type", "text/csv"}, 422, field})
	}
	add("", "body")
	add("\xef\xbb\xbf", "body")
	add("\n\n \n", "body")
	add("email,phone\n", "body")
	add("name,town\nAda,London\n", "line 1")
	add("a@example.com\nb@example.com\n", "line 1")
	add("email,,phone\na@example.com,,1\n", "line 1")
	add("email,E-Mail\na@example.com,b\n", "line 1")
	add("email,"+strings.Repeat("x", 65)+"\na@example.com,1\n", "line 1")
	add("email"+strings.Repeat(",c", 101)+"\n", "line 1")
	add("email,phone\n\"a@example.com,1\nb@example.com,2\n", "line 2")
	add("email,phone\na@example.com,\"1\"2\n", "line 2")
	add("email,phone\na@exa\"mple.com,1\n", "line 2")
	add("email,phone\na@example.com,1\nb\x00,2\n", "line 3")
	add("email,phone\na@example.com,1\n\xff\xfe,2\n", "line 3")
	add("\xff\xfee\x00m\x00a\x00i\x00l\x00", "body")
	add("email\n\""+strings.Repeat("x", 2<<20)+"\n", "line 1")
	all = append(all,
		refusal{"POST", "/v1/leads/imports", "email\na@example.com\n", []string{"Content-Type", "application/json"}, 415, "Content-Type"},
		refusal{"POST", "/v1/leads/imports", "email\na@example.com\n", []string{"Content-Type", "text/csv; charset=utf-16"}, 415, "Content-Type"},
		refusal{"POST", "/v1/leads/imports?source=" + strings.Repeat("s", 101), "email\na@example.com\n", []string{"Content-Type", "text/csv"}, 400, "source"},
	)
	return all
}
