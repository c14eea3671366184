// Package answers understands what people write back to a question of yes or no, such as a text message that asks
// whether a parcel arrived.
package answers

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// Meaning is what an answer comes down to.
type Meaning string

// The meanings. Whatever is not clearly one of the first two is Unclear: a person reads it.
const (
	Yes     Meaning = "yes"
	No      Meaning = "no"
	Unclear Meaning = "unclear"
)

// YesNo reads an answer. lang is the BCP 47 tag of the language that the person is thought to speak, or empty: its words
// count before those of other languages, in which the same letters may mean something else.
//
// An answer is clear when it holds words of one side only and nothing that takes them back: a complaint ("yes, but it is
// broken") and a question leave it unclear.
func YesNo(text, lang string) Meaning {
	tokens, asks := tokenize(text)
	if len(tokens) == 0 {
		return Unclear
	}
	if own, ok := lexicons[base(lang)]; ok {
		if m, heard := own.read(tokens, asks); heard {
			return m
		}
	}
	found := Meaning("")
	for _, name := range languages {
		switch m, heard := lexicons[name].read(tokens, asks); {
		case !heard || m == found:
		case found != "" || m == Unclear:
			return Unclear // two languages disagree, or one has more to say
		default:
			found = m
		}
	}
	if found == "" {
		return Unclear
	}
	return found
}

func base(lang string) string {
	tag, err := language.Parse(lang)
	if err != nil {
		return ""
	}
	b, _ := tag.Base()
	return b.String()
}

// tokenize folds case and width (Unicode NFKC), and splits into words and signs that speak for themselves. asks tells
// whether there is a question mark.
func tokenize(text string) (tokens []string, asks bool) {
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			tokens = append(tokens, word.String())
			word.Reset()
		}
	}
	for _, r := range norm.NFKC.String(strings.ToLower(text)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) && r != '\ufe0f':
			word.WriteRune(r)
		case r == '\'' || r == '’': // "didn't" is one word, however it is written
		case r == '?' || r == '؟':
			asks = true
			flush()
		case signs[r] != "":
			flush()
			tokens = append(tokens, signs[r])
		default:
			flush()
		}
	}
	flush()
	return tokens, asks
}

// signs are the pictures that people answer with, as words of every lexicon.
var signs = map[rune]string{'👍': "1", '✅': "1", '✔': "1", '👌': "1", '👎': "2", '❌': "2", '✖': "2"}

// read looks for phrases, the longest first, so that "not arrived" is no "arrived". heard is false when there is none.
func (l lexicon) read(tokens []string, asks bool) (m Meaning, heard bool) {
	var yes, no, but int
	for i := 0; i < len(tokens); {
		side, length := l.longest(tokens[i:])
		switch side {
		case Yes:
			yes++
		case No:
			no++
		case Unclear:
			but++
		}
		i += max(length, 1)
	}
	switch {
	case yes+no+but == 0:
		return Unclear, false
	case asks || but > 0 || yes > 0 && no > 0:
		return Unclear, true
	case yes > 0:
		return Yes, true
	}
	return No, true
}

// longest is the longest phrase that the tokens begin with.
func (l lexicon) longest(tokens []string) (Meaning, int) {
	for n := min(l.reach, len(tokens)); n > 0; n-- {
		if side, ok := l.phrases[strings.Join(tokens[:n], " ")]; ok {
			return side, n
		}
	}
	return "", 0
}

// lexicon holds phrases, in folded words with single blanks between them.
type lexicon struct {
	phrases map[string]Meaning
	reach   int // words in the longest phrase
}

func newLexicon(w words) lexicon {
	l := lexicon{phrases: map[string]Meaning{"1": Yes, "2": No, "ok": Yes, "okay": Yes}}
	add := func(side Meaning, phrases ...string) {
		for _, phrase := range phrases {
			tokens, _ := tokenize(phrase)
			l.phrases[strings.Join(tokens, " ")] = side
			l.reach = max(l.reach, len(tokens))
		}
	}
	add(Yes, w.yes...)
	add(Yes, w.happened...)
	add(No, w.no...)
	add(No, w.not...)
	add(Unclear, w.but...)
	for _, not := range w.not {
		for _, happened := range w.happened {
			add(No, not+" "+happened)
		}
	}
	return l
}

// languages in a fixed order.
var languages = func() []string {
	names := make([]string, 0, len(lexicons))
	for name := range lexicons {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}()
