package scoring

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func hours(h float64) *float64 { return &h }

func TestRuleMatches(t *testing.T) {
	t.Parallel()
	lead := Features{
		Source: "Referral", Channel: "call", Country: "DE", HasEmail: true, HasPhone: true, EmailKind: BusinessDomain,
		MessageWords: 12, Intents: []string{IntentPrice, IntentUrgent}, Consents: map[string]bool{"marketing": true, "sms": false},
		Attributes: map[string]string{"company_size": "50-100"}, Engagement: map[string]int{"replied": 2}, HoursSinceActivity: hours(3),
	}
	for _, test := range []struct {
		feature string
		op      Op
		value   string
		lead    Features
		want    bool
	}{
		{"source", Eq, `"referral"`, lead, true},
		{"source", Eq, `"web"`, lead, false},
		{"source", Eq, `"web"`, Features{}, false},
		{"channel", In, `["chat", "CALL"]`, lead, true},
		{"channel", In, `["chat"]`, lead, false},
		{"campaign", Present, `null`, lead, false},
		{"campaign", Absent, ``, lead, true},
		{"email", Present, `null`, lead, true},
		{"email", Absent, `null`, Features{}, true},
		{"company", Eq, `false`, lead, true},
		{"company", Eq, `true`, lead, false},
		{"email_domain", MatchesDomainKind, `"business"`, lead, true},
		{"email_domain", MatchesDomainKind, `["free", "none"]`, lead, false},
		{"email_domain", MatchesDomainKind, `"none"`, Features{}, true},
		{"email_domain", Present, `null`, Features{}, false},
		{"intent", Eq, `"price"`, lead, true},
		{"intent", In, `["demo", "urgent"]`, lead, true},
		{"intent", In, `["demo"]`, lead, false},
		{"intent", Absent, `null`, Features{}, true},
		{"message_words", Gte, `12`, lead, true},
		{"message_words", Gte, `13`, lead, false},
		{"message_words", Lte, `0`, Features{}, true},
		{"consent.marketing", Present, `null`, lead, true},
		{"consent.sms", Present, `null`, lead, false},
		{"attribute.company_size", Eq, `"50-100"`, lead, true},
		{"attribute.other", Absent, `null`, lead, true},
		{"engagement.replied", Gte, `2`, lead, true},
		{"engagement.replied", Eq, `2`, lead, true},
		{"engagement.replied", In, `[1, 3]`, lead, false},
		{"engagement.clicked", Eq, `0`, lead, true},
		{"engagement.clicked", Present, `null`, lead, false},
		{"hours_since_activity", Lte, `24`, lead, true},
		{"hours_since_activity", Lte, `24`, Features{}, false},
		{"hours_since_activity", Gte, `0`, Features{}, false},
		{"hours_since_activity", Eq, `0`, Features{}, false},
		{"hours_since_activity", Present, `null`, Features{HoursSinceActivity: hours(0)}, true},
	} {
		t.Run(test.feature+" "+string(test.op)+" "+test.value, func(t *testing.T) {
			t.Parallel()
			rule := Rule{ID: "r", Feature: test.feature, Op: test.op, Value: json.RawMessage(test.value), Points: 7, Reason: "because", Version: 1}
			scorer, err := NewRuleScorer([]Rule{rule}, DefaultThresholds())
			require.NoError(t, err)
			card := scorer.Score(test.lead)
			if !test.want {
				require.Empty(t, card.Factors)
				require.Zero(t, card.Score)
				return
			}
			require.Equal(t, []Factor{{RuleID: "r", Reason: "because", Points: 7}}, card.Factors)
			require.Equal(t, 7, card.Score)
		})
	}
}

func TestRuleErrorsNameRuleAndField(t *testing.T) {
	t.Parallel()
	good := Rule{ID: "good", Feature: "channel", Op: Eq, Value: json.RawMessage(`"call"`), Points: 5, Reason: "because", Version: 1}
	require.NoError(t, good.Validate())
	for _, test := range []struct {
		name   string
		change func(*Rule)
		field  string
	}{
		{"no id", func(r *Rule) { r.ID = " " }, "id"},
		{"no reason", func(r *Rule) { r.Reason = "" }, "reason"},
		{"no points", func(r *Rule) { r.Points = 0 }, "points"},
		{"too many points", func(r *Rule) { r.Points = 101 }, "points"},
		{"no version", func(r *Rule) { r.Version = 0 }, "version"},
		{"unknown feature", func(r *Rule) { r.Feature = "shoe_size" }, "feature"},
		{"family without member", func(r *Rule) { r.Feature = "engagement." }, "feature"},
		{"family alone", func(r *Rule) { r.Feature = "engagement" }, "feature"},
		{"unknown op", func(r *Rule) { r.Op = "like" }, "op"},
		{"op of another shape", func(r *Rule) { r.Op = Gte }, "op"},
		{"domain op elsewhere", func(r *Rule) { r.Op = MatchesDomainKind }, "op"},
		{"number for a text", func(r *Rule) { r.Value = json.RawMessage(`5`) }, "value"},
		{"nothing for a text", func(r *Rule) { r.Value = nil }, "value"},
		{"null for a text", func(r *Rule) { r.Value = json.RawMessage(`null`) }, "value"},
		{"empty text", func(r *Rule) { r.Value = json.RawMessage(`""`) }, "value"},
		{"broken JSON", func(r *Rule) { r.Value = json.RawMessage(`"call`) }, "value"},
		{"list for eq", func(r *Rule) { r.Value = json.RawMessage(`["call"]`) }, "value"},
		{"text for in", func(r *Rule) { r.Op = In }, "value"},
		{"empty list", func(r *Rule) { r.Op, r.Value = In, json.RawMessage(`[]`) }, "value"},
		{"value for present", func(r *Rule) { r.Op = Present }, "value"},
		{"text for a number", func(r *Rule) { r.Feature, r.Op = "message_words", Gte }, "value"},
		{"text for a flag", func(r *Rule) { r.Feature = "email" }, "value"},
		{"unknown kind of domain", func(r *Rule) { r.Feature, r.Op = "email_domain", MatchesDomainKind }, "value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rule := good
			test.change(&rule)
			_, err := NewRuleScorer([]Rule{rule}, DefaultThresholds())
			var problem *RuleError
			require.ErrorAs(t, err, &problem)
			require.Equal(t, rule.ID, problem.RuleID)
			require.Equal(t, test.field, problem.Field)
			require.ErrorContains(t, err, test.field+": ")
			require.ErrorContains(t, err, rule.ID)
		})
	}

	second := good
	second.Points = 0
	_, err := NewRuleScorer([]Rule{good, second, {ID: "empty"}}, Thresholds{Hot: 10, Warm: 40})
	for _, part := range []string{`"good": id: is used twice`, `"good": points`, `"empty": reason`, `"empty": feature`, "tier thresholds"} {
		require.ErrorContains(t, err, part, "every problem is told at once")
	}
}
