package consent_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/consent"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/events"
)

// What a reason means is fixed, but for what people of the house or another system put on the list.
func TestEveryReasonHasItsScope(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ reason, scope, want string }{
		{consent.Bounce, consent.Marketing, "bounce/all"},
		{consent.Complaint, consent.All, "complaint/marketing"},
		{consent.Unsubscribe, consent.All, "unsubscribe/marketing"},
		{consent.Manual, "", "manual/all"},
		{consent.Manual, consent.Marketing, "manual/marketing"},
		{consent.Import, "", "import/all"},
	} {
		t.Run(tc.want, func(t *testing.T) {
			t.Parallel()
			h := setup(t)
			who, email, phone := h.person()
			ask := consent.Suppression{Channel: "email", Address: email, Reason: tc.reason, Scope: tc.scope}
			require.NoError(t, h.suppress(ask, "api"))
			require.NoError(t, h.suppress(ask, "bounce"))
			require.Equal(t, []string{tc.want}, h.standing(email))
			require.Empty(t, h.standing(phone))
			require.Equal(t, who.String(), one[string](h, `select contact_id::text from suppressions where source = 'api'`), "whose it is was looked up")
			require.Equal(t, 1, one[int](h, `select count(*) from audit_logs where action = 'suppression.add'`))
			require.Empty(t, h.told(who), "the person decided nothing")
		})
	}
}

// A reason never takes the place of another: each has to be lifted by itself, and the wider one is the one that counts.
func TestReasonsStandBesideEachOther(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who, email, phone := h.person()
	h.in(noon, "form", events.Choice{ContactID: who})
	for _, reason := range []string{consent.Bounce, consent.Complaint, consent.Manual, consent.Import} {
		require.NoError(t, h.suppress(consent.Suppression{Channel: "email", Address: email, Reason: reason}, "api"))
	}
	h.out(noon, "one-click", events.Choice{ContactID: who})
	require.Equal(t, []string{"bounce/all", "complaint/marketing", "import/all", "manual/all", "unsubscribe/marketing"}, h.standing(email))

	h.in(noon, "preference-page", events.Choice{ContactID: who})
	require.Equal(t, []string{"bounce/all", "complaint/marketing", "import/all", "manual/all"}, h.standing(email),
		"who agrees again takes back their own word only")
	require.Empty(t, h.standing(phone))
}

func TestAWiderScopeWidens(t *testing.T) {
	t.Parallel()
	h := setup(t)
	_, email, _ := h.person()
	for _, tc := range []struct{ scope, want string }{{consent.Marketing, "manual/marketing"}, {consent.All, "manual/all"}, {consent.Marketing, "manual/all"}} {
		require.NoError(t, h.suppress(consent.Suppression{Channel: "email", Address: email, Reason: consent.Manual, Scope: tc.scope}, "api"))
		require.Equal(t, []string{tc.want}, h.standing(email))
	}
}

// Agreeing to a purpose opens its own channel, and no other.
func TestAgreeingOpensTheChannelOfThePurpose(t *testing.T) {
	t.Parallel()
	h := setup(t)
	for _, tc := range []struct {
		choice           events.Choice
		email, phoneOpen bool
	}{
		{events.Choice{Purpose: consent.SMSMarketing}, false, true},
		{events.Choice{Purpose: consent.EmailMarketing}, true, false},
		{events.Choice{Purpose: "surveys"}, true, true},
		{events.Choice{Purpose: "surveys", Channel: "email"}, true, false},
		{events.Choice{Topic: "news"}, false, false},
		{events.Choice{}, true, true},
	} {
		who, email, phone := h.person()
		h.out(noon, "preference-page", events.Choice{ContactID: who})
		tc.choice.ContactID = who
		h.in(noon, "preference-page", tc.choice)
		require.Equal(t, tc.email, len(h.standing(email)) == 0, "%+v", tc.choice)
		require.Equal(t, tc.phoneOpen, len(h.standing(phone)) == 0, "%+v", tc.choice)
	}
}

// An address has one spelling, however it is written.
func TestOneSpellingOfAnAddress(t *testing.T) {
	t.Parallel()
	h := setup(t)
	_, email, phone := h.person()
	require.NoError(t, h.suppress(consent.Suppression{Channel: "email", Address: "  ADA1@Example.COM ", Reason: consent.Bounce}, "bounce"))
	require.Equal(t, []string{"bounce/all"}, h.standing(email))
	require.NoError(t, h.suppress(consent.Suppression{Channel: "sms", Address: "+49 (151) 12345-001", Reason: consent.Bounce}, "bounce"))
	require.Equal(t, []string{"bounce/all"}, h.standing(phone))

	require.NoError(t, h.suppress(consent.Suppression{Channel: "email", Address: "nobody@example.com", Reason: consent.Import}, "import"))
	require.True(t, one[bool](h, `select contact_id is null from suppressions where address = 'nobody@example.com'`), "an address may be nobody's")
}

// Without an address, all of the person's are meant, also those that they gave earlier.
func TestAllAddressesOfAPerson(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who, email, phone := h.person()
	h.exec(`insert into contact_identities (kind, value, contact_id) values ('email', 'before@example.com', $1)`, who)
	require.NoError(t, h.suppress(consent.Suppression{Channel: "email", ContactID: who, Reason: consent.Manual}, "api"))
	require.Equal(t, []string{"manual/all"}, h.standing(email))
	require.Equal(t, []string{"manual/all"}, h.standing("before@example.com"))
	require.Empty(t, h.standing(phone))
}

func TestWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	h := setup(t)
	who, _, _ := h.person()
	h.exec(`update contacts set phone = null`)
	h.exec(`delete from contact_identities where kind = 'phone'`)
	for name, tc := range map[string]struct {
		ask  consent.Suppression
		want error
	}{
		"nothing":         {consent.Suppression{Channel: "email", Reason: consent.Manual}, consent.ErrAddress},
		"no mail address": {consent.Suppression{Channel: "email", Address: "ada", Reason: consent.Manual}, consent.ErrAddress},
		"no number":       {consent.Suppression{Channel: "sms", Address: "ada1@example.com", Reason: consent.Manual}, consent.ErrAddress},
		"no such channel": {consent.Suppression{Channel: "fax", Address: "ada1@example.com", Reason: consent.Manual}, consent.ErrAddress},
		"has none":        {consent.Suppression{Channel: "sms", ContactID: who, Reason: consent.Manual}, consent.ErrAddress},
		"nobody":          {consent.Suppression{Channel: "email", ContactID: uuid.New(), Reason: consent.Manual}, consent.ErrUnknown},
	} {
		require.ErrorIs(t, h.suppress(tc.ask, "api"), tc.want, name)
	}
	require.Zero(t, one[int](h, `select count(*) from suppressions`))
	require.Zero(t, one[int](h, `select count(*) from audit_logs`))
}

// Lifting opens an address again; what is suppressed anew after that is another fact, and the old one stays on record.
func TestLifting(t *testing.T) {
	t.Parallel()
	h := setup(t)
	_, email, _ := h.person()
	ask := consent.Suppression{Channel: "email", Address: email, Reason: consent.Bounce}
	require.NoError(t, h.suppress(ask, "bounce"))
	id := one[uuid.UUID](h, `select id from suppressions`)
	lift := func(id uuid.UUID) error {
		return db.InTx(t.Context(), h.pool, func(tx pgx.Tx) error { return consent.Lift(t.Context(), tx, noon, id, by("api")) })
	}
	require.NoError(t, lift(id))
	require.NoError(t, lift(id))
	require.Empty(t, h.standing(email))
	require.Equal(t, 1, one[int](h, `select count(*) from audit_logs where action = 'suppression.lift'`))
	require.Equal(t, "system test", one[string](h, `select lifted_by from suppressions`))
	require.ErrorIs(t, lift(uuid.New()), consent.ErrUnknown)

	require.NoError(t, h.suppress(ask, "bounce"))
	require.Equal(t, []string{"bounce/all"}, h.standing(email))
	require.Equal(t, 2, one[int](h, `select count(*) from suppressions`))
}
