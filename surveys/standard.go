package surveys

import "github.com/perdura/perdura/definitions"

func number(n int) *int { return &n }

// usual are the branches of the surveys that ask for a recommendation: six or less, or less than satisfied, is a person
// to call; nine or more is one who may speak for us.
var usual = []Branch{
	{Word: "detractor", Then: CallBack, Any: []Condition{{Question: "recommend", AtMost: number(6)}, {Question: "satisfied", AtMost: number(2)}}},
	{Word: "promoter", Then: Promote, Any: []Condition{{Question: "recommend", AtLeast: number(9)}}},
}

var recommend = Question{ID: "recommend", Kind: NPS, Required: true, Words: map[string]Words{
	"en": {Label: "How likely are you to recommend us to a friend or colleague?", Options: map[string]string{"low": "not at all likely", "high": "extremely likely"}},
	"de": {Label: "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?", Options: map[string]string{"low": "sehr unwahrscheinlich", "high": "sehr wahrscheinlich"}},
}}

var inTheirWords = Question{ID: "words", Kind: Text, Words: map[string]Words{
	"en": {Label: "What should we know?", Help: "What was good, what we could do better."},
	"de": {Label: "Was sollten wir wissen?", Help: "Was gut war, was wir besser machen können."},
}}

func satisfied(en, de string) Question {
	return Question{ID: "satisfied", Kind: CSAT, Required: true, Words: map[string]Words{
		"en": {Label: en, Options: map[string]string{"low": "very dissatisfied", "high": "very satisfied"}},
		"de": {Label: de, Options: map[string]string{"low": "sehr unzufrieden", "high": "sehr zufrieden"}},
	}}
}

var thanks = map[string]string{"en": "Thank you. Your answer helps us to do better.", "de": "Vielen Dank. Ihre Antwort hilft uns, besser zu werden."}

// standard are the surveys that a house has before it writes its own.
var standard = map[string]Survey{
	"satisfaction": {
		Title:     map[string]string{"en": "How was your purchase?", "de": "Wie war Ihr Einkauf?"},
		Fallback:  "en",
		Questions: []Question{satisfied("How satisfied are you with your purchase?", "Wie zufrieden sind Sie mit Ihrem Einkauf?"), recommend, inTheirWords},
		Thanks:    thanks, Branches: usual, Reminders: []definitions.Span{"3d", "7d"}, Expires: "30d", StandardFor: Sale,
	},
	"service": {
		Title:    map[string]string{"en": "How was our service?", "de": "Wie war unser Service?"},
		Fallback: "en",
		Questions: []Question{
			satisfied("How satisfied are you with our service?", "Wie zufrieden sind Sie mit unserem Service?"),
			{ID: "solved", Kind: Choice, Required: true, Options: []string{"yes", "partly", "no"}, Words: map[string]Words{
				"en": {Label: "Was it done as you needed it?", Options: map[string]string{"yes": "Yes", "partly": "In part", "no": "No"}},
				"de": {Label: "Wurde Ihr Anliegen erledigt?", Options: map[string]string{"yes": "Ja", "partly": "Teilweise", "no": "Nein"}},
			}},
			{ID: "missing", Kind: Text, ShowIf: &ShowIf{Question: "solved", In: []string{"partly", "no"}}, Words: map[string]Words{
				"en": {Label: "What is still missing?"}, "de": {Label: "Was fehlt noch?"},
			}},
			recommend, inTheirWords,
		},
		Thanks: thanks,
		Branches: []Branch{
			{Word: "detractor", Then: CallBack, Any: append([]Condition{{Question: "solved", In: []string{"no"}}}, usual[0].Any...)},
			usual[1],
		},
		Reminders: []definitions.Span{"3d", "7d"}, Expires: "30d", StandardFor: Service,
	},
	"sleepy": {
		Title:    map[string]string{"en": "We have not heard from you for a while", "de": "Wir haben länger nichts von Ihnen gehört"},
		Fallback: "en",
		Questions: []Question{
			{ID: "reason", Kind: Choice, Required: true, Options: []string{"price", "product", "service", "no-need", "other"}, Words: map[string]Words{
				"en": {Label: "Why is that?", Options: map[string]string{
					"price": "It was too expensive", "product": "The product was not right for me", "service": "I was not happy with the service",
					"no-need": "I did not need anything", "other": "Something else",
				}},
				"de": {Label: "Woran liegt es?", Options: map[string]string{
					"price": "Es war mir zu teuer", "product": "Das Produkt passte nicht", "service": "Der Service hat mir nicht gefallen",
					"no-need": "Ich brauchte nichts", "other": "Etwas anderes",
				}},
			}},
			{ID: "words", Kind: Text, ShowIf: &ShowIf{Question: "reason", In: []string{"price", "product", "service", "other"}}, Words: inTheirWords.Words},
		},
		Thanks: thanks, Branches: reasons("price", "product", "service", "no-need", "other"),
		Reminders: []definitions.Span{"5d"}, Expires: "14d", StandardFor: Retention,
	},
}

// reasons gives each answer a branch of its own; the retention process writes the letter.
func reasons(words ...string) []Branch {
	branches := make([]Branch, len(words))
	for i, word := range words {
		branches[i] = Branch{Word: word, Then: Nothing, Any: []Condition{{Question: "reason", In: []string{word}}}}
	}
	return branches
}
