package templates

import "slices"

// Type is what a variable holds, and so how its value is written and where it may stand.
type Type string

// The types of variables.
const (
	Text   Type = "text"   // a string; it comes out on one line, as it is
	Phone  Type = "phone"  // a string; after "tel:" it is a link
	Mail   Type = "mail"   // a string; after "mailto:" it is a link
	Day    Type = "day"    // a time.Time, written as a day
	Moment Type = "moment" // a time.Time, written as day, hour and zone, in its own location
	Amount Type = "amount" // Money or Percent
	Link   Type = "link"   // an http or https address of ours
)

// Variable is something that a template may speak of.
type Variable struct {
	Name        string `json:"name"`
	Type        Type   `json:"type" jsonschema:"enum=text,enum=phone,enum=mail,enum=day,enum=moment,enum=amount,enum=link"`
	Description string `json:"description"`
	// Example is a value as it may be given to a preview.
	Example string `json:"example"`
}

var registry = []Variable{
	{"contact.first_name", Text, "the person's first name", "Ada"},
	{"contact.last_name", Text, "the person's last name", "Example"},
	{"contact.name", Text, "first and last name", "Ada Example"},
	{"contact.company", Text, "the company that the person speaks for", "Example Ltd"},
	{"contact.language", Text, "the person's language, as a BCP 47 tag", "en"},
	{"lead.source", Text, "where the inquiry came from", "website"},
	{"lead.message", Text, "what the person wrote to us, on one line", "Please call me about the larger model"},
	{"owner.name", Text, "the person's representative", "Robin Sample"},
	{"owner.email", Mail, "the representative's mail address", "robin@example.com"},
	{"owner.phone", Phone, "the representative's telephone number", "+441632960100"},
	{"task.due", Moment, "when the task is due", "2026-03-02T14:30:00Z"},
	{"coupon.code", Text, "the code to redeem, for one use", "AB12-CD34"},
	{"coupon.value", Amount, "what the coupon is worth", "10%"},
	{"coupon.expires", Day, "the last day of the coupon", "2026-03-31T23:59:59Z"},
	{"survey.link", Link, "the person's own form of the survey", "https://example.com/s/example"},
	{"opt_in.link", Link, "the page on which the person confirms to be written to", "https://example.com/c/example"},
	{"contract.link", Link, "the page on which the person reads and signs the contract", "https://example.com/k/example"},
	{"contract.title", Text, "what the contract is called", "Contract of supply"},
	{"contract.until", Moment, "until when the contract may be signed", "2026-03-16T12:00:00Z"},
	{"signing.code", Text, "the one-time code to sign a contract", "123456"},
	{"course.title", Text, "what the course is called", "Slides that speak"},
	{"lesson.title", Text, "what the lesson is called", "One thought a slide"},
	{"lesson.text", Text, "what the lesson says", "Say one thing on each slide."},
	{"lesson.link", Link, "where the lesson's material is", "https://example.com/slides"},
	{"account.link", Link, "the page on which the person sees what is open, pays, promises or objects", "https://example.com/b/example"},
	{"account.due", Amount, "what is overdue and not disputed, in the currency of the oldest invoice", `{"amount_minor": 12000, "currency": "EUR"}`},
	{"account.since", Day, "the day on which the oldest overdue invoice was due", "2026-03-02T00:00:00Z"},
	{"account.invoices", Text, "the numbers of the overdue invoices", "R-1001, R-1002"},
	{"account.credit", Amount, "what the person paid too much", `{"amount_minor": 500, "currency": "EUR"}`},
	{"appointment.title", Text, "what the appointment is", "Consultation"},
	{"appointment.start", Moment, "when the appointment begins, by the clock where the person is", "2026-03-16T09:30:00Z"},
	{"appointment.link", Link, "the page on which the person sees, moves or cancels the appointment", "https://example.com/a/example"},
	{"appointment.map", Link, "where the appointment takes place, on a map", "https://www.google.com/maps/search/?api=1&query=Example"},
	{"appointment.address", Text, "where the appointment takes place", "1 Example Street, Example City"},
	{"appointment.phone", Phone, "the number to call about the appointment", "+441632960100"},
	{"preferences.link", Link, "the page on which the person chooses topics", "https://example.com/p/example"},
	{"unsubscribe.link", Link, "the page that ends messages of this kind", "https://example.com/u/example"},
	{"sender.name", Text, "who writes: the company", "Example Ltd"},
}

// Variables lists everything that a template may speak of.
func Variables() []Variable { return slices.Clone(registry) }

var variables = func() map[string]Variable {
	byName := make(map[string]Variable, len(registry))
	for _, v := range registry {
		byName[v.Name] = v
	}
	return byName
}()
