package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/templates"
)

// TemplateCreation is a template's first version.
type TemplateCreation struct {
	Name string `json:"name" jsonschema:"pattern=^[a-z][a-z0-9-]{0\\,99}$"`
	TemplateContent
}

// TemplateRevision is a template's next version.
type TemplateRevision struct {
	TemplateContent
	BasedOn int `json:"based_on,omitempty" jsonschema:"minimum=1,maximum=1000000" jsonschema_description:"the version that you saw; a change that somebody made in between is then answered with 409"`
}

// TemplatePublication says which version is to be sent.
type TemplatePublication struct {
	Version int `json:"version" jsonschema:"minimum=1,maximum=1000000"`
}

var exampleContent = TemplateContent{
	Class: gate.Marketing, Purpose: "email_marketing", Topic: "news",
	Definition: templates.Definition{Fallback: "en", Languages: map[string]templates.Words{"en": {Email: &templates.EmailWords{
		Subject: "What is new", Preheader: "Three things in one minute",
		Body: "Hello {{contact.first_name | \"there\"}},\n\nhere is what is new.\n\n[Read the news](https://www.example.com/news)",
	}}}},
}

const templateSyntax = "Bodies are CommonMark without HTML; a link that is a paragraph of its own becomes a button. Variables are written " +
	"`{{contact.first_name}}` or, with words for those who have none, `{{contact.first_name | \"there\"}}`; where both are missing, " +
	"the blank or comma goes with them. There are no conditions and no loops: what depends on something belongs into the process, " +
	"which then sends another template. What is wrong is answered with 422 and the path of each field."

func (s *Server) templateChangeOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodPost, Path: "/v1/templates", ID: "createTemplate", Tag: "templates", Access: access.TemplatesWrite,
			Summary: "Write a new template, as a draft", Description: templateSyntax,
			Body:    jsonBody(TemplateCreation{Name: "monthly-news", TemplateContent: exampleContent}),
			Answers: []Answer{answer[TemplateVersion](201, "Version 1, a draft.", "Location")}, Handle: s.createTemplate,
		},
		{
			Method: http.MethodPut, Path: "/v1/templates/{template}", ID: "reviseTemplate", Tag: "templates", Access: access.TemplatesWrite,
			Summary: "Write the next version of a template, as a draft", Description: templateSyntax + " Words that the newest version already has write none.",
			Body:    jsonBody(TemplateRevision{TemplateContent: exampleContent, BasedOn: 1}),
			Answers: []Answer{answer[TemplateVersion](200, "The newest version.")}, Problems: []int{http.StatusConflict}, Handle: s.reviseTemplate,
		},
		{
			Method: http.MethodPost, Path: "/v1/templates/{template}/publish", ID: "publishTemplate", Tag: "templates", Access: access.TemplatesWrite,
			Summary: "Send this version from now on",
			Description: "The version that was sent before is retired, and may be published again. Publishing a transactional template, for which no " +
				"consent is asked, takes the scope templates:transactional besides.",
			Body: jsonBody(TemplatePublication{Version: 1}), Answers: []Answer{answer[TemplateVersion](200, "The version that is sent.")}, Handle: s.publishTemplate,
		},
		{
			Method: http.MethodPost, Path: "/v1/templates/{template}/retire", ID: "retireTemplate", Tag: "templates", Access: access.TemplatesWrite,
			Summary: "Send this template no more", Description: "Until a version is published again, whatever wants to send it is refused.",
			Answers: []Answer{answer[TemplateVersion](200, "The newest version.")}, Handle: s.retireTemplate,
		},
	}
}

func (in TemplateContent) template(name string) (templates.Template, error) {
	t := templates.Template{Name: name, Class: in.Class, Purpose: in.Purpose, Topic: in.Topic, Definition: in.Definition}
	problems, _ := templates.Check(t)
	return t, refused("", problems)
}

// refused answers problems of a definition below prefix.
func refused(prefix string, problems []definitions.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	fields := make([]problem.Field, len(problems))
	for i, p := range problems {
		fields[i] = problem.Field{Field: prefix + p.Field, Message: p.Message}
	}
	return problem.Invalid(fields...)
}

func (s *Server) createTemplate(c *Call) error {
	var in TemplateCreation
	if err := c.Decode(&in); err != nil {
		return err
	}
	t, err := in.template(in.Name)
	if err != nil {
		return err
	}
	v, err := s.writeTemplate(c, "template.create", func(ctx context.Context, tx pgx.Tx, now time.Time, author string) (templates.Version, bool, error) {
		return templates.Create(ctx, tx, now, t, author)
	})
	if err != nil {
		return templateProblem(c, 0, err)
	}
	c.Response().Header().Set("Location", link("v1/templates", v.Name))
	return c.JSON(http.StatusCreated, templateView(v))
}

func (s *Server) reviseTemplate(c *Call) error {
	var in TemplateRevision
	if err := c.Decode(&in); err != nil {
		return err
	}
	t, err := in.template(c.Param("template"))
	if err != nil {
		return err
	}
	v, err := s.writeTemplate(c, "template.revise", func(ctx context.Context, tx pgx.Tx, now time.Time, author string) (templates.Version, bool, error) {
		return templates.Revise(ctx, tx, now, t, in.BasedOn, author)
	})
	if err != nil {
		return templateProblem(c, 0, err)
	}
	return c.OK(templateView(v))
}

func (s *Server) publishTemplate(c *Call) error {
	var in TemplatePublication
	if err := c.Decode(&in); err != nil {
		return err
	}
	v, err := s.writeTemplate(c, "template.publish", func(ctx context.Context, tx pgx.Tx, now time.Time, _ string) (templates.Version, bool, error) {
		name := c.Param("template")
		v, err := templates.Read(ctx, tx, name, in.Version)
		if err != nil {
			return v, false, err
		}
		if v.Class != gate.Marketing && !c.Principal.Can(access.TemplatesTransactional) {
			return v, false, problem.Forbidden("The API key lacks the scope " + string(access.TemplatesTransactional) +
				", which publishing a transactional template takes. Use one that has it, or make the template marketing.")
		}
		// What was right when it was written may speak of a variable that there is no more.
		if problems, _ := templates.Check(v.Template); len(problems) > 0 {
			return v, false, refused("", problems)
		}
		return templates.Publish(ctx, tx, now, name, in.Version)
	})
	if err != nil {
		return templateProblem(c, in.Version, err)
	}
	return c.OK(templateView(v))
}

func (s *Server) retireTemplate(c *Call) error {
	v, err := s.writeTemplate(c, "template.retire", func(ctx context.Context, tx pgx.Tx, _ time.Time, _ string) (v templates.Version, written bool, err error) {
		if written, err = templates.Retire(ctx, tx, c.Param("template")); err != nil {
			return v, false, err
		}
		v, err = templates.Read(ctx, tx, c.Param("template"), 0)
		return v, written, err
	})
	if err != nil {
		return templateProblem(c, 0, err)
	}
	return c.OK(templateView(v))
}

// writeTemplate carries out a change and audits it in one transaction; one that changed nothing leaves no record.
func (s *Server) writeTemplate(c *Call, action string,
	change func(ctx context.Context, tx pgx.Tx, now time.Time, author string) (templates.Version, bool, error),
) (v templates.Version, err error) {
	ctx, now := c.Ctx(), s.clock.Now().Truncate(time.Microsecond)
	err = db.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		var written bool
		v, written, err = change(ctx, tx, now, "key "+c.Principal.KeyID.String())
		if err != nil || !written {
			return err
		}
		fields := []string{"state"}
		if v.State == templates.Draft {
			fields = []string{"class", "purpose", "topic", "definition"}
		}
		return audit.Append(ctx, tx, now, c.Did(action, "template", fmt.Sprintf("%s/%s", v.Name, strconv.Itoa(v.Version)), v.Class, fields...))
	})
	return v, err
}
