package scoring

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Intents that ReadMessage tells apart.
const (
	IntentBuy         = "buy"
	IntentPrice       = "price"
	IntentDemo        = "demo"
	IntentUrgent      = "urgent"
	IntentSupport     = "support"
	IntentJob         = "job"
	IntentUnsubscribe = "unsubscribe"
)

// intentPhrases are words and phrases of a few languages. They are found as whole words.
var intentPhrases = map[string][]string{
	IntentBuy: {"buy", "purchase", "place an order", "sign up", "subscribe to", "get started", "contract", "proposal",
		"kaufen", "bestellen", "angebot", "acheter", "commander", "comprar", "contratar", "לקנות", "לרכוש", "להזמין"},
	IntentPrice: {"price", "prices", "pricing", "quote", "quotation", "cost", "costs", "how much", "discount", "budget",
		"preis", "preise", "kosten", "prix", "tarif", "devis", "precio", "precios", "presupuesto", "מחיר", "מחירים", "הצעת מחיר", "כמה עולה"},
	IntentDemo: {"demo", "demonstration", "trial", "meeting", "call me", "call back", "callback", "appointment", "presentation",
		"termin", "vorführung", "rückruf", "démonstration", "rendez vous", "reunión", "prueba", "הדגמה", "פגישה", "תתקשרו", "שיחה"},
	IntentUrgent: {"urgent", "urgently", "asap", "as soon as possible", "immediately", "today", "this week", "dringend", "sofort",
		"rapidement", "urgente", "דחוף", "בהקדם", "היום"},
	IntentSupport: {"not working", "broken", "complaint", "refund", "cancel my", "support ticket", "error message", "invoice problem",
		"funktioniert nicht", "beschwerde", "réclamation", "reembolso", "לא עובד", "תלונה", "החזר"},
	IntentJob:         {"job", "jobs", "vacancy", "internship", "my resume", "my cv", "hiring", "bewerbung", "praktikum", "emploi", "empleo", "משרה", "קורות חיים"},
	IntentUnsubscribe: {"unsubscribe", "remove me", "stop contacting", "stop emailing", "do not contact", "abmelden", "désabonner", "darse de baja", "הסירו אותי", "להסרה"},
}

// longestRead bounds the words that are searched; what a lead wants stands at the top.
const longestRead = 500

// ReadMessage derives what scoring may know of a text: its length in words and the
// intents found in it, ordered. The text itself goes no further.
func ReadMessage(message string) (words int, intents []string) {
	fields := strings.FieldsFunc(strings.ToLower(norm.NFC.String(message)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r)
	})
	text := " " + strings.Join(fields[:min(len(fields), longestRead)], " ") + " "
	for intent, phrases := range intentPhrases {
		if slices.ContainsFunc(phrases, func(phrase string) bool { return strings.Contains(text, " "+phrase+" ") }) {
			intents = append(intents, intent)
		}
	}
	slices.Sort(intents)
	return len(fields), intents
}
