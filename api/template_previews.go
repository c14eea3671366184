package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/templates"
)

// TemplatePreviewRequest says what a preview is to look like. Whatever has no value gets the example of the variable.
type TemplatePreviewRequest struct {
	Version  int    `json:"version,omitempty" jsonschema:"minimum=1,maximum=1000000" jsonschema_description:"absent for the newest"`
	Language string `json:"language,omitempty" jsonschema:"maxLength=35" jsonschema_description:"a BCP 47 tag; absent for the person's, or the fallback"`
	Channel  string `json:"channel,omitempty" jsonschema:"enum=email,enum=sms" jsonschema_description:"absent for the first that the template has words for"`
	// ContactID takes the values of a person; the caller needs contacts:read for it.
	ContactID uuid.UUID `json:"contact_id,omitzero" jsonschema_description:"take the values of this person, which needs the scope contacts:read"`
	// Values overrule examples and the person's.
	Values map[string]json.RawMessage `json:"values,omitempty" jsonschema_description:"by variable: texts, times as RFC 3339, amounts as \"10%\" or {amount_minor, currency}; an empty text for none"`
}

// TemplatePreview is a message as it would be sent.
type TemplatePreview struct {
	Version  int                   `json:"version"`
	Language string                `json:"language" jsonschema_description:"the language whose words it has"`
	Channel  string                `json:"channel" jsonschema:"enum=email,enum=sms"`
	Subject  string                `json:"subject,omitempty"`
	Text     string                `json:"text"`
	HTML     string                `json:"html,omitempty"`
	Segments int                   `json:"segments,omitempty" jsonschema_description:"text message: parts on the air"`
	Lacks    []string              `json:"lacks,omitempty" jsonschema_description:"variables that have neither a value nor words instead"`
	Warnings []definitions.Problem `json:"warnings,omitempty"`
}

type templatePageQuery struct {
	Version  int    `json:"version,omitempty" jsonschema:"minimum=1,maximum=1000000" jsonschema_description:"absent for the newest"`
	Language string `json:"language,omitempty" jsonschema:"maxLength=35" jsonschema_description:"a BCP 47 tag; absent for the fallback"`
}

// previewFrame stands around previews: links that lead nowhere.
var previewFrame = templates.Frame{
	Sender: "Example Ltd", Address: "1 Example Street\nExample Town",
	Unsubscribe: "https://example.com/u/example", Preferences: "https://example.com/p/example",
}

func (s *Server) templatePreviewOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodPost, Path: "/v1/templates/{template}/preview", ID: "previewTemplate", Tag: "templates", Access: access.TemplatesRead,
			Summary: "See a message of this template without sending it", Body: optional(jsonBody(TemplatePreviewRequest{Language: "de", Channel: "email"})),
			Answers: []Answer{answer[TemplatePreview](200, "The message.")}, Handle: s.previewTemplate,
		},
		{
			Method: http.MethodGet, Path: "/v1/templates/{template}/preview.html", ID: "showTemplate", Tag: "templates", Access: access.TemplatesRead,
			Summary: "A mail of this template as a page, with example values", Query: typeOf[templatePageQuery](),
			Answers: []Answer{{Status: 200, Text: "The mail.", Media: []Media{{Type: "text/html"}}}}, Handle: s.showTemplate,
		},
	}
}

func (s *Server) previewTemplate(c *Call) error {
	var in TemplatePreviewRequest
	if err := c.Decode(&in); err != nil {
		return err
	}
	t, err := s.readTemplate(c, in.Version)
	if err != nil {
		return err
	}
	values := templates.Examples()
	if in.ContactID != uuid.Nil {
		language, err := s.contactValues(c, in.ContactID, values)
		if err != nil {
			return err
		}
		if in.Language == "" {
			in.Language = language
		}
	}
	given, problems := templates.ReadValues(in.Values)
	if err := refused("values.", problems); err != nil {
		return err
	}
	for name, value := range given {
		values[name] = value
	}
	channel, err := channelOf(t.Template, in.Channel)
	if err != nil {
		return err
	}
	r, err := templates.Render(t.Template, channel, in.Language, values, previewFrame)
	if err != nil {
		return fmt.Errorf("preview a template: %w", err)
	}
	return c.OK(TemplatePreview{
		Version: t.Version, Language: r.Language, Channel: string(channel), Subject: r.Subject, Text: r.Text, HTML: r.HTML, Segments: r.Segments,
		Lacks: t.Lacks(channel, in.Language, values), Warnings: append(r.Warnings(), warningsOf(t.Template, r.Language, channel)...),
	})
}

// warningsOf are the checker's warnings about the words that are shown.
func warningsOf(t templates.Template, language string, channel provider.Channel) []definitions.Problem {
	_, all := templates.Check(t)
	var own []definitions.Problem
	for _, w := range all {
		if strings.HasPrefix(w.Field+".", "languages."+language+"."+string(channel)+".") {
			own = append(own, w)
		}
	}
	return own
}

// channelOf is the channel asked for, or the template's first.
func channelOf(t templates.Template, wanted string) (provider.Channel, error) {
	channels := t.Channels()
	for _, channel := range channels {
		if wanted == "" || wanted == string(channel) {
			return channel, nil
		}
	}
	return "", problem.Invalid(problem.Field{Field: "channel", Message: "is none that the template has words for"})
}

// contactValues puts the person's values in place of the examples, and returns the person's language.
func (s *Server) contactValues(c *Call, contact uuid.UUID, values templates.Values) (string, error) {
	if !c.Principal.Can(access.ContactsRead) {
		return "", problem.Forbidden("The API key lacks the scope " + string(access.ContactsRead) + ", which a preview for a person takes.")
	}
	person, err := query.New().GetContact(c.Ctx(), s.pool, contact)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", problem.Invalid(problem.Field{Field: "contact_id", Message: "is no contact"})
	}
	if err != nil {
		return "", fmt.Errorf("preview a template: %w", err)
	}
	values["contact.first_name"], values["contact.last_name"] = db.Text(person.FirstName), db.Text(person.LastName)
	values["contact.name"] = strings.TrimSpace(db.Text(person.FirstName) + " " + db.Text(person.LastName))
	values["contact.company"], values["contact.language"] = db.Text(person.Company), db.Text(person.Language)
	delete(values, "owner.name")
	delete(values, "owner.email")
	delete(values, "owner.phone")
	if person.OwnerID.Valid {
		owner, err := query.New().GetUser(c.Ctx(), s.pool, person.OwnerID.UUID)
		if err != nil {
			return "", fmt.Errorf("preview a template: %w", err)
		}
		values["owner.name"], values["owner.email"] = owner.DisplayName, owner.Email
	}
	return db.Text(person.Language), nil
}

// pagePolicy lets a preview show pictures and its own styles, and nothing else: no script, no form, no frame around it.
const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

func (s *Server) showTemplate(c *Call) error {
	var q templatePageQuery
	if err := c.DecodeQuery(&q); err != nil {
		return err
	}
	t, err := s.readTemplate(c, q.Version)
	if err != nil {
		return err
	}
	if _, err := channelOf(t.Template, string(provider.Email)); err != nil {
		return problem.NotFound("mail of template", t.Name)
	}
	r, err := templates.Render(t.Template, provider.Email, q.Language, templates.Examples(), previewFrame)
	if err != nil {
		return fmt.Errorf("show a template: %w", err)
	}
	c.Response().Header().Set("Content-Security-Policy", pagePolicy)
	return c.HTML(http.StatusOK, r.HTML)
}
