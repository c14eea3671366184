package answers_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/perdura/perdura/analytics/answers"
)

func TestYesNo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		want  answers.Meaning
		lang  string
		texts []string
	}{
		{answers.Yes, "en", []string{"Yes", "YES!!", "yes thanks", "Yep, arrived this morning", "1", "👍", "got it, thank you", "ｙｅｓ", "OK"}},
		{answers.No, "en", []string{"no", "No.", "not yet", "it hasn’t arrived", "It hasn't arrived", "never came", "2", "👎", "I didn't get it", "still waiting", "no, nothing arrived", "it has not arrived yet", "not yet received"}},
		{answers.Unclear, "en", []string{"", "   ", "?", "did it arrive?", "yes but it is broken", "Yes and no", "who is this", "I don't know", "not sure", "arrived damaged", "yes? no?", "No, got it"}},
		{answers.Yes, "de", []string{"Ja", "ja, ist da", "Angekommen, danke", "JA 👍"}},
		{answers.No, "de", []string{"Nein", "noch nicht", "Ist nicht angekommen", "nichts erhalten", "nö"}},
		{answers.Unclear, "de", []string{"Ja, aber kaputt", "weiß nicht", "Wann kommt es?"}},
		{answers.Yes, "fr", []string{"Oui", "oui, bien reçu", "C’est bon"}},
		{answers.No, "fr", []string{"Non", "pas encore", "toujours rien"}},
		{answers.Yes, "es", []string{"Sí", "si, ha llegado"}},
		{answers.No, "es", []string{"No", "todavía no", "no ha llegado"}},
		{answers.Yes, "pt-BR", []string{"Sim", "já chegou"}},
		{answers.No, "pt", []string{"Não", "ainda não"}},
		{answers.Yes, "it", []string{"Sì", "arrivato"}},
		{answers.No, "nl", []string{"nee", "nog niet ontvangen", "Niets gekregen"}},
		{answers.Yes, "he", []string{"כן", "הגיע, תודה"}},
		{answers.No, "he", []string{"לא", "עדיין לא הגיע"}},
		// Whoever answers in another language than we thought is understood as long as no two languages disagree.
		{answers.Yes, "en", []string{"ja", "oui", "sim", "כן"}},
		{answers.No, "de", []string{"no", "não", "nope"}},
		{answers.Yes, "", []string{"yes", "ja"}},
		{answers.No, "x-unknown", []string{"nein"}},
	} {
		for _, text := range test.texts {
			require.Equal(t, test.want, answers.YesNo(text, test.lang), "%q in %q", text, test.lang)
		}
	}
}

// However an answer is dressed, it stays what it is; and whatever somebody writes, reading it does not fail.
func TestDressDoesNotChangeAnAnswer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"yes", "no", "not arrived", "received", "never came"}).Draw(t, "word")
		around := rapid.SampledFrom([]string{"", " ", "!", "...", "\n", " – ", "“", "~"})
		dressed := around.Draw(t, "before") + word + around.Draw(t, "after")
		if rapid.Bool().Draw(t, "loud") {
			dressed = strings.ToUpper(dressed)
		}
		require.Equal(t, answers.YesNo(word, "en"), answers.YesNo(dressed, "en"), "%q", dressed)
	})
	rapid.Check(t, func(t *rapid.T) {
		text, lang := rapid.String().Draw(t, "text"), rapid.SampledFrom([]string{"", "en", "de", "zz"}).Draw(t, "lang")
		require.Contains(t, []answers.Meaning{answers.Yes, answers.No, answers.Unclear}, answers.YesNo(text, lang))
	})
}
