package templates

import (
	"fmt"
	"strings"

	"golang.org/x/text/language"

	"github.com/perdura/perdura/gate"
)

// footer is the end of every mail: who writes, why, and how to end it.
type footer struct {
	Language    string
	Direction   string
	Sender      string
	Address     []string
	Why         string
	Unsubscribe footLink
	Preferences footLink
}

type footLink struct{ Words, To string }

// footWords are the words of the footer in one language; %s is the sender.
type footWords struct{ marketing, marketingUnnamed, transactional, transactionalUnnamed, unsubscribe, preferences string }

var footers = map[string]footWords{
	"en": {
		"You receive this e-mail because you agreed to hear from %s, or are a customer.",
		"You receive this e-mail because you agreed to hear from us, or are a customer.",
		"You receive this e-mail because it is about something you asked %s for, or have with them.",
		"You receive this e-mail because it is about something you asked us for, or have with us.",
		"Unsubscribe", "Choose what you receive",
	},
	"de": {
		"Sie erhalten diese E-Mail, weil Sie Nachrichten von %s zugestimmt haben oder dort Kunde sind.",
		"Sie erhalten diese E-Mail, weil Sie unseren Nachrichten zugestimmt haben oder unser Kunde sind.",
		"Sie erhalten diese E-Mail, weil sie eine Anfrage oder einen Vorgang von Ihnen bei %s betrifft.",
		"Sie erhalten diese E-Mail, weil sie eine Anfrage oder einen Vorgang von Ihnen bei uns betrifft.",
		"Abmelden", "Auswählen, was Sie erhalten",
	},
	"es": {
		"Recibe este correo porque aceptó recibir mensajes de %s o es cliente.",
		"Recibe este correo porque aceptó recibir nuestros mensajes o es cliente.",
		"Recibe este correo porque trata de una solicitud o gestión suya con %s.",
		"Recibe este correo porque trata de una solicitud o gestión suya con nosotros.",
		"Darse de baja", "Elegir qué recibe",
	},
	"fr": {
		"Vous recevez cet e-mail parce que vous avez accepté de recevoir des messages de %s ou en êtes client.",
		"Vous recevez cet e-mail parce que vous avez accepté de recevoir nos messages ou êtes client.",
		"Vous recevez cet e-mail parce qu’il concerne une demande ou un dossier que vous avez auprès de %s.",
		"Vous recevez cet e-mail parce qu’il concerne une demande ou un dossier que vous avez auprès de nous.",
		"Se désabonner", "Choisir ce que vous recevez",
	},
}

func footerOf(class, lang string, frame Frame) footer {
	base, _ := language.Make(lang).Base()
	name := base.String()
	words, known := footers[name]
	if !known {
		name, words = "en", footers["en"]
	}
	f := footer{Language: name, Direction: "ltr", Sender: oneLine(frame.Sender)}
	for line := range strings.SplitSeq(frame.Address, "\n") {
		if line = oneLine(line); line != "" {
			f.Address = append(f.Address, line)
		}
	}
	named, unnamed := words.transactional, words.transactionalUnnamed
	if class == gate.Marketing {
		named, unnamed = words.marketing, words.marketingUnnamed
	}
	f.Why = unnamed
	if f.Sender != "" {
		f.Why = fmt.Sprintf(named, f.Sender)
	}
	if isWebLink(frame.Unsubscribe) {
		f.Unsubscribe = footLink{words.unsubscribe, frame.Unsubscribe}
	}
	if isWebLink(frame.Preferences) {
		f.Preferences = footLink{words.preferences, frame.Preferences}
	}
	return f
}

// plain is the footer as text, behind the sign that mail programs know as the end of the words (RFC 3676, 4.3).
func (f footer) plain() string {
	lines := []string{"-- "}
	if f.Sender != "" {
		lines = append(lines, f.Sender)
	}
	lines = append(lines, f.Address...)
	lines = append(lines, f.Why)
	for _, link := range []footLink{f.Unsubscribe, f.Preferences} {
		if link.To != "" {
			lines = append(lines, link.Words+": "+link.To)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
