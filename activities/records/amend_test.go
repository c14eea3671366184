package records_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/records"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/intake"
)

// amend answers a lead's data requests as the API does.
func (o *office) amend(lead records.Lead, key string, patch intake.Submission) error {
	return db.InTx(context.Background(), o.pool, func(tx pgx.Tx) error {
		row, err := query.New().LockLead(context.Background(), tx, lead.LeadID)
		if err != nil {
			return err
		}
		return records.Amend(context.Background(), tx, monday.Add(time.Hour), row, records.Amendment{
			Key: key, By: audit.Record{ActorKind: audit.Key, ActorID: "key-1"}, Patch: patch,
		})
	})
}

// badPhone can be reached by e-mail, so it is captured while a correction request stands open.
var badPhone = records.Submission{Email: "ada@example.com", Phone: "12", FirstName: "Ada", LastName: "Example"}

func TestAmendingACapturedLeadCompletesItsContact(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 9)
	lead := o.submit(badPhone)
	found, scored, _, _ := o.take(lead)
	require.Equal(t, 1, value[int](o, `select count(*)::int from data_requests where state = 'open'`))

	patch := intake.Submission{Phone: "+49 30 901820", FirstName: "Other", Company: "Example Works", Consent: map[string]bool{"email": true}}
	require.NoError(t, o.amend(lead, "k1", patch))
	require.Equal(t, "Ada|Example Works|ada@example.com|+4930901820", value[string](o,
		`select concat_ws('|', first_name, company, email, phone) from contacts`), "what was empty is filled, what stood there stays")
	require.Equal(t, found.ContactID, value[uuid.UUID](o, `select contact_id from contact_identities where kind = 'phone' and value = '+4930901820'`))
	require.Equal(t, "answered "+monday.Add(time.Hour).Format(time.RFC3339), value[string](o,
		`select state || ' ' || to_char(answered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') from data_requests`))
	require.Equal(t, "captured +49 30 901820", value[string](o, `select status || ' ' || (submission ->> 'phone') from leads`))
	require.Greater(t, value[int](o, `select score from leads`), scored.Score, "a telephone number and a company count")
	require.True(t, value[bool](o, `select granted from consents`))
	require.JSONEq(t, `{"fields":["phone","first_name","company","consent"]}`, value[string](o, `select data::text from interactions where kind = 'lead.amended'`))
	require.Equal(t, []string{"contact.complete", "data-request.answer", "lead.amend", "lead.score"},
		value[[]string](o, `select array_agg(action order by action) from audit_logs where actor_kind = 'key' and actor_id = 'key-1'`))

	// The same amendment again changes nothing; another one finds nothing asked.
	before := o.contents()
	require.NoError(t, o.amend(lead, "k1", patch))
	require.ErrorIs(t, o.amend(lead, "k2", patch), records.ErrNotAsked)
	require.Equal(t, before, o.contents())

	// Whoever calls from that number is recognised now.
	again, _, _, _ := o.take(o.submit(records.Submission{Phone: "0049 30 901820", FirstName: "Ada"}))
	require.Equal(t, records.Repeated, again.Verdict)
	require.Equal(t, lead.LeadID, again.DuplicateOf)
}

func TestAmendmentsThatAreDeclined(t *testing.T) {
	t.Parallel()
	grace := records.Submission{Email: "grace@example.org", Phone: "+4930901821", FirstName: "Grace", LastName: "Sample"}
	for name, test := range map[string]struct {
		known  records.Submission
		patch  intake.Submission
		code   string
		fields []string
	}{
		"still malformed":             {grace, intake.Submission{Phone: "13"}, records.Malformed, []string{"phone"}},
		"another field malformed":     {grace, intake.Submission{Phone: "+4930901820", Email: "ada at example"}, records.Malformed, []string{"email"}},
		"somebody else's e-mail":      {grace, intake.Submission{Email: "GRACE@example.org"}, records.ElsewhereCode, []string{"email"}},
		"number of a contact unnamed": {records.Submission{Email: "x@example.org", Phone: "+4930901820"}, intake.Submission{Phone: "+4930901820"}, records.ElsewhereCode, []string{"phone"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, 9)
			o.take(o.submit(test.known))
			lead := o.submit(badPhone)
			o.take(lead)
			before := o.contents()
			var declined *records.Declined
			require.ErrorAs(t, o.amend(lead, "k", test.patch), &declined)
			require.Equal(t, test.code, declined.Code)
			var fields []string
			for _, f := range declined.Fields {
				fields = append(fields, f.Field)
				require.NotContains(t, f.Message, "grace@")
			}
			require.Equal(t, test.fields, fields)
			require.Equal(t, before, o.contents(), "nothing of it was kept")
		})
	}
}

// Two people may share a telephone: the number is noted with both, and stays the identifier of the first.
func TestAmendmentWithASharedTelephone(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 9)
	first, _, _, _ := o.take(o.submit(records.Submission{Email: "grace@example.org", Phone: "+4930901820", FirstName: "Grace", LastName: "Sample"}))
	lead := o.submit(badPhone)
	found, _, _, _ := o.take(lead)
	require.NotEqual(t, first.ContactID, found.ContactID)
	require.NoError(t, o.amend(lead, "k", intake.Submission{Phone: "+4930901820"}))
	require.Equal(t, "+4930901820", value[string](o, `select phone from contacts where id = $1`, found.ContactID))
	require.Equal(t, first.ContactID, value[uuid.UUID](o, `select contact_id from contact_identities where kind = 'phone'`))
	require.Equal(t, "answered", value[string](o, `select state from data_requests where lead_id = $1`, lead.LeadID))
}

// A lead that waits for a person's decision has no contact yet: the decision finds what was amended meanwhile.
func TestAmendingALeadInReview(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 9)
	o.take(o.submit(records.Submission{Phone: "+4930901820", FirstName: "Grace", LastName: "Sample"}))
	lead := o.submit(records.Submission{Phone: "+4930901820", FirstName: "Ada", LastName: "Example", Country: "XX"})
	found, _, _, _ := o.take(lead)
	require.Equal(t, records.InReview, found.Verdict)
	require.NoError(t, o.amend(lead, "k", intake.Submission{Country: "DE", Email: "ada@example.com"}))
	require.Equal(t, "answered", value[string](o, `select state from data_requests`))
	require.Equal(t, "in_review", value[string](o, `select status from leads where id = $1`, lead.LeadID))
	settled, err := o.records.Settle(as(lead, "settle"), records.Settlement{LeadID: lead.LeadID, ReviewID: found.ReviewID, Decision: records.Separate})
	require.NoError(t, err)
	require.Equal(t, "DE ada@example.com", value[string](o, `select country || ' ' || email from contacts where id = $1`, settled.ContactID))
}

// Two captured leads are amended with one new e-mail address at the same instant, over and over: it becomes one contact's.
func TestRaceOfAmendments(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 99)
	for range 8 {
		o.exec(`delete from contact_identities where value = 'new@example.com'`)
		var leads []records.Lead
		for _, who := range []string{"Ada", "Grace"} {
			sub := badPhone
			sub.Email, sub.FirstName, sub.LastName = uuid.NewString()+"@example.org", who, uuid.NewString()
			lead := o.submit(sub)
			o.take(lead)
			leads = append(leads, lead)
		}
		errs := make([]error, len(leads))
		var wg sync.WaitGroup
		for i, lead := range leads {
			wg.Go(func() {
				errs[i] = o.amend(lead, "k", intake.Submission{Email: "new@example.com", Phone: "+4930901820"})
			})
		}
		wg.Wait()
		var declined *records.Declined
		require.ErrorAs(t, errors.Join(errs...), &declined)
		require.True(t, errs[0] == nil || errs[1] == nil, "%v", errs)
		require.Equal(t, records.ElsewhereCode, declined.Code)
		o.exec(`delete from contact_identities where kind = 'phone'`)
	}
}
