// Package keywords understands text messages that are one word long: what stops and starts messages, and what asks for help.
package keywords

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The keywords of text messages.
const (
	Stop  = "stop"
	Start = "start"
	Help  = "help"
)

// The words that carriers and Twilio heed (https://help.twilio.com/articles/223134027), and what people say instead of
// them in other languages, without accents. clearWords mean stop also when more words follow ("Stop it please"); the
// others only alone: "End of June suits me" and "Cancel the appointment" are answers.
var (
	clearWords = []string{"stop", "stopall", "unsubscribe", "optout", "stopp", "stoppen", "abmelden", "abbestellen", "arret", "arreter", "desabonner", "baja", "cancelar suscripcion", "afmelden", "rezygnuje", "annulla iscrizione", "parar"}
	stopWords  = []string{"cancel", "end", "quit", "revoke", "opt out", "stop all", "alto", "fin", "ende", "basta", "pare", "sair", "fermare", "peru", "avsluta", "avmeld", "koniec", "stopsms", "stop sms", "arreter sms", "cancelar"}
	startWords = []string{"start", "unstop", "yes", "begin", "reprendre", "iniciar", "anmelden"}
	helpWords  = []string{"help", "info", "hilfe", "aide", "ayuda", "aiuto", "ajuda", "pomoc"}
)

// Of returns Stop, Start or Help when text is such a word, else "". Case, accents, and signs around it do not matter.
func Of(text string) string {
	words := strings.Fields(Fold(text))
	if len(words) == 0 {
		return ""
	}
	whole := strings.Join(words, " ")
	if slices.Contains(stopWords, whole) || slices.Contains(clearWords, words[0]) || slices.Contains(clearWords, strings.Join(words[:min(2, len(words))], " ")) {
		return Stop
	}
	switch {
	case slices.Contains(startWords, whole):
		return Start
	case slices.Contains(helpWords, whole):
		return Help
	}
	return ""
}

// longest bounds what is looked at, in bytes: no keyword is that long.
const longest = 512

// Fold makes lower-case letters without accents of text, and spaces of everything that is neither letter nor digit.
func Fold(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		default:
			return ' '
		}
	}, norm.NFKD.String(strings.ToValidUTF8(text[:min(len(text), longest)], " ")))
}
