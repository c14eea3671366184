package feedback

import "github.com/perdura/perdura/analytics/keywords"

// The keywords of text messages.
const (
	Stop  = keywords.Stop
	Start = keywords.Start
	Help  = keywords.Help
)

// Keyword returns Stop, Start or Help when text is such a word, else "". Case, accents, and signs around it do not matter.
func Keyword(text string) string { return keywords.Of(text) }
