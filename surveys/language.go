package surveys

import (
	"strconv"
	"strings"
)

// Speaks is the language of the survey that suits somebody who wants the given one (BCP 47): that one, or the same
// without its regions and scripts, else the fallback.
func (s Survey) Speaks(wanted string) string {
	for tag := wanted; tag != ""; {
		for language := range s.Title {
			if strings.EqualFold(language, tag) {
				return language
			}
		}
		cut := strings.LastIndexByte(tag, '-')
		if cut < 0 {
			break
		}
		tag = tag[:cut]
	}
	return s.Fallback
}

// in is the form in one of the survey's languages.
func (s Survey) in(language string) Form {
	f := Form{Language: language, Title: s.Title[language], Intro: s.Intro[language], Thanks: s.Thanks[language]}
	for _, q := range s.Questions {
		w := q.Words[language]
		f.Questions = append(f.Questions, FormQuestion{
			ID: q.ID, Kind: q.Kind, Required: q.Required, Label: w.Label, Help: w.Help, Options: q.labelled(w), ShowIf: q.ShowIf,
		})
	}
	return f
}

func (q Question) labelled(w Words) []Option {
	var options []Option
	switch q.Kind {
	case NPS, CSAT:
		low, high := q.scale()
		for n := low; n <= high; n++ {
			o := Option{ID: strconv.Itoa(n), Label: strconv.Itoa(n)}
			switch {
			case n == low && w.Options["low"] != "":
				o.Label += " – " + w.Options["low"]
			case n == high && w.Options["high"] != "":
				o.Label += " – " + w.Options["high"]
			}
			options = append(options, o)
		}
	case Choice, Choices:
		for _, id := range q.Options {
			options = append(options, Option{ID: id, Label: w.Options[id]})
		}
	}
	return options
}
