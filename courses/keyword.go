package courses

import (
	"slices"
	"strings"

	"github.com/perdura/perdura/analytics/answers"
	"github.com/perdura/perdura/analytics/keywords"
)

// The words by which a learner moves their own enrolments.
const (
	Pause  = "pause"
	Resume = "resume"
	Skip   = "skip"
)

// moveWords are folded: small letters without accents.
var moveWords = map[string][]string{
	Pause:  {"pause", "pausa", "pausar", "pausieren", "pauze", "pauza", "warten"},
	Resume: {"resume", "continue", "weiter", "fortsetzen", "reprendre", "continuer", "reanudar", "continuar", "seguir", "riprendi", "riprendere", "continua", "retomar", "hervatten", "doorgaan", "wznow"},
	Skip:   {"skip", "uberspringen", "auslassen", "sauter", "passer", "saltar", "omitir", "salta", "saltare", "pular", "overslaan", "pomin"},
}

// Move returns Pause, Resume or Skip when text is such a word in one of the languages of the house, else "".
func Move(text string) string {
	folded := Fold(text)
	for move, words := range moveWords {
		if slices.Contains(words, folded) {
			return move
		}
	}
	return ""
}

// Fold is how keywords are compared: case, accents and punctuation do not matter.
func Fold(text string) string {
	return strings.Join(strings.Fields(keywords.Fold(text)), " ")
}

// Match finds the course that text asks for, and in which language. Closed courses are asked for in vain.
func Match(all map[string]Course, text string) (name, language string, found bool) {
	folded := Fold(text)
	if folded == "" {
		return "", "", false
	}
	for name, c := range all {
		for _, k := range c.Keywords {
			if !c.Closed && Fold(k.Word) == folded {
				return name, k.Language, true
			}
		}
	}
	return "", "", false
}

// Reserved reports whether a word means something else to the house: it stops or starts messages, asks for help, moves an
// enrolment, or answers a question with yes or no.
func Reserved(text string) bool {
	return keywords.Of(text) != "" || Move(text) != "" || answers.YesNo(text, "") != answers.Unclear
}
