package scoring

import "encoding/json"

// DefaultRules are a starting point for business-to-business sales, for seeding the
// table. In them, reachable and identified leads from an employer that ask for a
// price or a demonstration are hot; a bare free-mail address is cold; what the lead
// does afterwards moves the score more than what it said first.
func DefaultRules() []Rule {
	rule := func(id, feature string, op Op, value string, points int, reason string) Rule {
		return Rule{ID: id, Feature: feature, Op: op, Value: json.RawMessage(value), Points: points, Reason: reason, Version: 1}
	}
	return []Rule{
		rule("channel-live", "channel", In, `["call", "video", "chat"]`, 15, "Asked to speak with us right away"),
		rule("channel-form", "channel", Eq, `"form"`, 8, "Filled in a form"),
		rule("source-referral", "source", In, `["referral", "partner", "customer"]`, 12, "Was referred to us"),
		rule("source-purchased", "source", In, `["purchased_list", "scraped"]`, -15, "Comes from a list and did not approach us"),
		rule("campaign-known", "campaign", Present, `null`, 3, "Answered a campaign"),

		rule("email-known", "email", Present, `null`, 5, "Can be reached by e-mail"),
		rule("phone-known", "phone", Present, `null`, 10, "Can be reached by telephone"),
		rule("name-known", "name", Present, `null`, 5, "Gave a name"),
		rule("company-known", "company", Present, `null`, 10, "Named a company"),
		rule("email-business", "email_domain", MatchesDomainKind, `"business"`, 10, "Writes from a company's domain"),
		rule("consent-marketing", "consent.marketing", Present, `null`, 4, "Agreed to hear from us"),

		rule("message-written", "message_words", Gte, `5`, 5, "Wrote a message"),
		rule("intent-buying", "intent", In, `["buy", "price", "demo"]`, 20, "Asks about buying, prices or a demonstration"),
		rule("intent-urgent", "intent", Eq, `"urgent"`, 6, "Is in a hurry"),
		rule("intent-support", "intent", Eq, `"support"`, -15, "Seems to need support, not sales"),
		rule("intent-job", "intent", Eq, `"job"`, -40, "Seems to look for work"),
		rule("intent-unsubscribe", "intent", Eq, `"unsubscribe"`, -60, "Asks not to be contacted"),

		rule("engagement-opened", "engagement.email_opened", Gte, `2`, 3, "Opened our messages more than once"),
		rule("engagement-clicked", "engagement.email_clicked", Gte, `1`, 8, "Followed a link in a message"),
		rule("engagement-clicked-often", "engagement.email_clicked", Gte, `3`, 6, "Followed several links"),
		rule("engagement-visited", "engagement.page_visited", Gte, `3`, 5, "Came back to the site"),
		rule("engagement-replied", "engagement.replied", Gte, `1`, 15, "Replied to us"),
		rule("engagement-call", "engagement.call_connected", Gte, `1`, 12, "Spoke with us on the telephone"),
		rule("engagement-meeting", "engagement.meeting_booked", Gte, `1`, 25, "Booked a meeting"),
		rule("engagement-bounced", "engagement.email_bounced", Gte, `1`, -20, "The e-mail address does not work"),

		rule("activity-today", "hours_since_activity", Lte, `24`, 6, "Was active within the last day"),
		rule("activity-month-ago", "hours_since_activity", Gte, `720`, -15, "Has been silent for a month"),
		rule("activity-quarter-ago", "hours_since_activity", Gte, `2160`, -15, "Has been silent for a quarter"),
	}
}
