package templates

import (
	_ "embed"
	"html/template"
	"strings"
)

//go:embed layout.html
var layoutFile string

var layoutTemplate = template.Must(template.New("layout").Funcs(template.FuncMap{
	// html/template drops comments; this one keeps Outlook for Windows, which knows no max-width, to 600 pixels.
	"outlook": func(markup string) template.HTML { return template.HTML("<!--[if mso]>" + markup + "<![endif]-->") },
}).Parse(layoutFile))

// page is a mail before it is put together. Body is HTML that markupOf has written.
type page struct {
	Language, Direction, Subject, Preheader, Body string
	Footer                                        footer
}

// Markup is the body, which escapes what it does not write itself.
func (p page) Markup() template.HTML { return template.HTML(p.Body) }

// Filler keeps mailboxes from showing the first words of the body behind the preheader.
func (p page) Filler() string { return strings.Repeat("\u200C\u00A0", 60) }

func layout(p page) (string, error) {
	var out strings.Builder
	err := layoutTemplate.Execute(&out, p)
	return out.String(), err
}
