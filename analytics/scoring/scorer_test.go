package scoring

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func defaults(t testing.TB) *RuleScorer {
	t.Helper()
	scorer, err := NewRuleScorer(DefaultRules(), DefaultThresholds())
	require.NoError(t, err)
	return scorer
}

func TestDefaultRulesOrderLeadsAsPeopleWould(t *testing.T) {
	t.Parallel()
	scorer := defaults(t)
	complete := Features{Channel: "form", HasEmail: true, HasPhone: true, HasName: true, HasCompany: true, EmailKind: BusinessDomain}
	asking := complete
	asking.MessageWords, asking.Intents = 20, []string{IntentPrice}
	calling := Features{Channel: "call", HasPhone: true, HasName: true}
	bare := Features{Channel: "form", HasEmail: true, EmailKind: FreeDomain}
	imported := Features{Channel: "import", HasEmail: true, HasName: true, EmailKind: FreeDomain}
	applicant := asking
	applicant.Intents = []string{IntentJob}
	silent := asking
	silent.HoursSinceActivity = hours(3000)
	leaving := asking
	leaving.Intents = []string{IntentUnsubscribe}
	met := calling
	met.Engagement = map[string]int{"call_connected": 1, "meeting_booked": 1}
	for _, test := range []struct {
		name string
		lead Features
		want Tier
	}{
		{"asks for a price", asking, Hot},
		{"complete, asks nothing", complete, Warm},
		{"called", calling, Cold},
		{"called and met", met, Warm},
		{"free-mail address only", bare, Cold},
		{"imported", imported, Cold},
		{"looks for work", applicant, Cold},
		{"silent for a quarter", silent, Warm},
		{"wants to be left alone", leaving, Cold},
		{"nothing known", Features{}, Cold},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			card := scorer.Score(test.lead)
			require.Equal(t, test.want, card.Tier, "%+v", card)
		})
	}
}

// randomLead draws every feature, known and unknown.
func randomLead(random *rand.Rand) Features {
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	flag := func() bool { return random.IntN(2) == 0 }
	lead := Features{
		Source: pick("", "referral", "scraped", "web"), Channel: pick("form", "call", "video", "chat", "import", "api"), Campaign: pick("", "spring"),
		HasEmail: flag(), HasPhone: flag(), HasName: flag(), HasCompany: flag(), EmailKind: DomainKind(pick("", "none", "free", "business")),
		MessageWords: random.IntN(30), Consents: map[string]bool{"marketing": flag()},
		Engagement:   map[string]int{"replied": random.IntN(3), "email_clicked": random.IntN(5), "meeting_booked": random.IntN(2), "email_bounced": random.IntN(2)},
		PreviousTier: Tier(pick("", "hot", "warm", "cold")),
	}
	for _, intent := range []string{IntentBuy, IntentDemo, IntentJob, IntentSupport, IntentUnsubscribe, IntentUrgent} {
		if random.IntN(4) == 0 {
			lead.Intents = append(lead.Intents, intent)
		}
	}
	if flag() {
		lead.HoursSinceActivity = hours(random.Float64() * 4000)
	}
	return lead
}

func TestScoresAreExplainedAndMonotonic(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	rank := map[Tier]int{Cold: 0, Warm: 1, Hot: 2}
	var cut, raised int
	for range 3000 {
		rules := DefaultRules()
		random.Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
		rules = rules[:random.IntN(len(rules)+1)]
		before, err := NewRuleScorer(rules, DefaultThresholds())
		require.NoError(t, err)
		lead := randomLead(random)
		card := before.Score(lead)

		sum := 0
		for _, factor := range card.Factors {
			sum += factor.Points
		}
		require.Equal(t, card.Unclamped, sum, "the factors explain the score")
		require.Equal(t, min(max(sum, 0), 100), card.Score)
		require.Equal(t, card, before.Score(lead), "one answer for one lead")
		if card.Score != card.Unclamped {
			cut++
		}

		bonus := Rule{ID: "bonus", Feature: "channel", Op: Present, Points: 1 + random.IntN(100), Reason: "because", Version: 1}
		after, err := NewRuleScorer(append(slices.Clone(rules), bonus), DefaultThresholds())
		require.NoError(t, err)
		better := after.Score(lead)
		require.GreaterOrEqual(t, better.Score, card.Score)
		require.Equal(t, card.Unclamped+bonus.Points, better.Unclamped)
		require.GreaterOrEqual(t, rank[better.Tier], rank[card.Tier])
		if better.Score > card.Score {
			raised++
		}
	}
	require.Positive(t, cut, "some scores must have left the scale")
	require.Positive(t, raised)
}

func TestModelVersionFollowsTheRules(t *testing.T) {
	t.Parallel()
	version := func(thresholds Thresholds, rules ...Rule) string {
		scorer, err := NewRuleScorer(rules, thresholds)
		require.NoError(t, err)
		return scorer.Score(Features{}).ModelVersion
	}
	a := Rule{ID: "a", Feature: "channel", Op: In, Value: json.RawMessage(`["call","chat"]`), Points: 5, Reason: "because", Version: 1}
	b := Rule{ID: "b", Feature: "email", Op: Present, Points: 5, Reason: "because", Version: 1}
	stored := b
	stored.Value = json.RawMessage(`null`)
	spaced := a
	spaced.Value = json.RawMessage(`["call", "chat"]`)
	changed := a
	changed.Points = 6
	first := version(DefaultThresholds(), a, b)
	require.Equal(t, first, version(DefaultThresholds(), stored, spaced), "order and spelling do not matter")
	require.NotEqual(t, first, version(DefaultThresholds(), changed, b))
	require.NotEqual(t, first, version(DefaultThresholds(), a))
	require.NotEqual(t, first, version(Thresholds{Hot: 71, Warm: 40, Margin: 5}, a, b))
}

func TestScorerKeepsItsOwnRules(t *testing.T) {
	t.Parallel()
	rules := []Rule{{ID: "a", Feature: "attribute.size", Op: Present, Points: 5, Reason: "because", Version: 1}}
	scorer, err := NewRuleScorer(rules, DefaultThresholds())
	require.NoError(t, err)
	rules[0].Points = 50
	require.Equal(t, 5, scorer.Score(Features{Attributes: map[string]string{"size": "x"}}).Score)
	require.Equal(t, []string{"size"}, scorer.Attributes())
}

func TestTierOf(t *testing.T) {
	t.Parallel()
	limits := Thresholds{Hot: 70, Warm: 40, Margin: 5}
	for _, test := range []struct {
		score    int
		previous Tier
		want     Tier
	}{
		{70, "", Hot}, {69, "", Warm}, {40, "", Warm}, {39, "", Cold},
		{69, Hot, Hot}, {65, Hot, Hot}, {64, Hot, Warm}, {36, Hot, Warm}, {34, Hot, Cold},
		{69, Warm, Warm}, {70, Warm, Hot}, {35, Warm, Warm}, {34, Warm, Cold},
		{39, Cold, Cold}, {40, Cold, Warm}, {70, Cold, Hot},
		{100, Cold, Hot}, {0, Hot, Cold},
	} {
		require.Equal(t, test.want, TierOf(test.score, test.previous, limits), "%d after %q", test.score, test.previous)
	}
}

func TestTierDoesNotFlicker(t *testing.T) {
	t.Parallel()
	limits := DefaultThresholds()
	tier, changes := Tier(""), 0
	for i := range 100 {
		next := TierOf(68+(i%2)*4, tier, limits) // wavers around 70
		if tier != "" && next != tier {
			changes++
		}
		tier = next
	}
	require.Equal(t, Hot, tier)
	require.Equal(t, 1, changes)
}

func TestThresholds(t *testing.T) {
	t.Parallel()
	require.NoError(t, DefaultThresholds().Validate())
	for _, bad := range []Thresholds{{}, {70, 40, -1}, {40, 70, 5}, {70, 66, 5}, {70, 5, 5}, {101, 40, 5}} {
		require.ErrorContains(t, bad.Validate(), "tier thresholds", "%+v", bad)
	}
}

func TestDomainKindOf(t *testing.T) {
	t.Parallel()
	require.Equal(t, BusinessDomain, DomainKindOf("Ada@Example.com"))
	require.Equal(t, FreeDomain, DomainKindOf("a.da+x@googlemail.com"))
	require.Equal(t, NoDomain, DomainKindOf("not an address"))
	require.Equal(t, NoDomain, DomainKindOf(""))
}

func TestReadMessage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		message string
		words   int
		intents []string
	}{
		{"", 0, nil},
		{"Hello there", 2, nil},
		{"How much is it? We want to BUY this week!", 10, []string{IntentBuy, IntentPrice, IntentUrgent}},
		{"please un-subscribe... no: unsubscribe", 5, []string{IntentUnsubscribe}},
		{"Priceless jobber", 2, nil},
		{"I'd like a demo", 5, []string{IntentDemo}},
		{"Une re\u0301clamation", 2, []string{IntentSupport}},
		{"אשמח להצעה, כמה עולה?", 4, []string{IntentPrice}},
	} {
		words, intents := ReadMessage(test.message)
		require.Equal(t, test.words, words, test.message)
		require.Equal(t, test.intents, intents, test.message)
	}
}

func BenchmarkScore(b *testing.B) {
	scorer := defaults(b)
	lead := randomLead(rand.New(rand.NewPCG(1, 1)))
	b.ReportAllocs()
	for b.Loop() {
		scorer.Score(lead)
	}
}
