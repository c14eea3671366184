package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/templates"
)

// TemplateSummary is a template in a list, as its newest version says.
type TemplateSummary struct {
	Name        string             `json:"name"`
	Version     int                `json:"version" jsonschema_description:"the newest"`
	State       string             `json:"state" jsonschema:"enum=draft,enum=published,enum=retired" jsonschema_description:"of the newest version"`
	Published   int                `json:"published,omitempty" jsonschema_description:"the version that is sent; absent when none is"`
	PublishedAt *time.Time         `json:"published_at,omitempty"`
	Class       string             `json:"class" jsonschema:"enum=transactional,enum=marketing"`
	Purpose     string             `json:"purpose,omitempty"`
	Topic       string             `json:"topic,omitempty"`
	Languages   []string           `json:"languages"`
	Channels    []provider.Channel `json:"channels"`
	CreatedAt   time.Time          `json:"created_at"`
	Links       map[string]string  `json:"links"`
}

// TemplateContent is what an author writes.
type TemplateContent struct {
	Class   string `json:"class" jsonschema:"enum=transactional,enum=marketing" jsonschema_description:"transactional: owed to the person; publishing one takes a scope of its own. marketing: everything else"`
	Purpose string `json:"purpose,omitempty" jsonschema:"maxLength=50" jsonschema_description:"marketing: the consent that it goes by, such as email_marketing; as a text message it goes by sms_marketing"`
	Topic   string `json:"topic,omitempty" jsonschema:"maxLength=50" jsonschema_description:"what a person may opt out of, such as news, offers, tips or surveys"`
	templates.Definition
}

// TemplateVersion is one version of a template.
type TemplateVersion struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	State   string `json:"state" jsonschema:"enum=draft,enum=published,enum=retired"`
	TemplateContent
	Warnings    []definitions.Problem `json:"warnings,omitempty" jsonschema_description:"what the author should know; nothing that keeps it from being sent"`
	Author      string                `json:"author"`
	CreatedAt   time.Time             `json:"created_at"`
	PublishedAt *time.Time            `json:"published_at,omitempty"`
	Versions    []int                 `json:"versions,omitempty" jsonschema_description:"all versions, the newest first"`
	Links       map[string]string     `json:"links"`
}

type templateFilter struct {
	Paging
	Class string `json:"class,omitempty" jsonschema:"enum=transactional,enum=marketing"`
}

type templateVersionQuery struct {
	Version int `json:"version,omitempty" jsonschema:"minimum=1,maximum=1000000" jsonschema_description:"absent for the newest"`
}

// shownVersions bounds the history that one answer shows.
const shownVersions = 100

func (s *Server) templateOperations() []*Operation {
	return slices.Concat([]*Operation{
		{
			Method: http.MethodGet, Path: "/v1/templates", ID: "listTemplates", Tag: "templates", Access: access.TemplatesRead, Query: typeOf[templateFilter](),
			Summary: "List communication templates by name", Answers: []Answer{answer[Page[TemplateSummary]](200, "A page of templates.")}, Handle: s.listTemplates,
		},
		{
			Method: http.MethodGet, Path: "/v1/template-variables", ID: "listTemplateVariables", Tag: "templates", Access: access.TemplatesRead,
			Summary: "Everything that a template may speak of", Answers: []Answer{answer[Page[templates.Variable]](200, "All variables.")},
			Handle: func(c *Call) error { return c.OK(Page[templates.Variable]{Items: templates.Variables()}) },
		},
		{
			Method: http.MethodGet, Path: "/v1/templates/{template}", ID: "getTemplate", Tag: "templates", Access: access.TemplatesRead, Query: typeOf[templateVersionQuery](),
			Summary: "One version of a template", Answers: []Answer{answer[TemplateVersion](200, "The version, with its words in every language.")}, Handle: s.getTemplate,
		},
	}, s.templateChangeOperations(), s.templatePreviewOperations())
}

func (s *Server) listTemplates(c *Call) error {
	var f templateFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := "templates" + f.Class
	place, err := readCursor[string](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListTemplatePageParams{Class: db.NullText(f.Class), MaxRows: int32(f.limit() + 1)}
	if place != nil {
		arg.AfterName = *place
	}
	rows, err := query.New().ListTemplatePage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list templates: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, templateSummary, func(r query.ListTemplatePageRow) string { return r.Name }))
}

func templateSummary(r query.ListTemplatePageRow) TemplateSummary {
	var d templates.Definition
	// A definition that does not decode shows no languages; reading the template says what is wrong.
	_ = json.Unmarshal(r.Definition, &d)
	v := TemplateSummary{
		Name: r.Name, Version: int(r.Version), State: r.State, Published: int(r.Published), PublishedAt: utc(r.PublishedAt), Class: r.Class,
		Purpose: r.Purpose, Topic: r.Topic, Languages: []string{}, Channels: []provider.Channel{}, CreatedAt: r.CreatedAt.UTC(),
		Links: map[string]string{"self": link("v1/templates", r.Name)},
	}
	for name := range d.Languages {
		v.Languages = append(v.Languages, name)
	}
	slices.Sort(v.Languages)
	v.Channels = append(v.Channels, templates.Template{Definition: d}.Channels()...)
	return v
}

func (s *Server) getTemplate(c *Call) error {
	var q templateVersionQuery
	if err := c.DecodeQuery(&q); err != nil {
		return err
	}
	version, err := s.readTemplate(c, q.Version)
	if err != nil {
		return err
	}
	rows, err := query.New().ListTemplateVersions(c.Ctx(), s.pool, query.ListTemplateVersionsParams{Name: version.Name, MaxRows: shownVersions})
	if err != nil {
		return fmt.Errorf("list the versions of a template: %w", err)
	}
	v := templateView(version)
	for _, r := range rows {
		v.Versions = append(v.Versions, int(r.Version))
	}
	return c.OK(v)
}

// readTemplate reads the version that a call asks for; 0 is the newest.
func (s *Server) readTemplate(c *Call, version int) (templates.Version, error) {
	v, err := templates.Read(c.Ctx(), s.pool, c.Param("template"), version)
	return v, templateProblem(c, version, err)
}

func templateProblem(c *Call, version int, err error) error {
	name := c.Param("template")
	switch {
	case errors.Is(err, templates.ErrUnknown) && version != 0:
		return problem.NotFound("template", name+", version "+strconv.Itoa(version))
	case errors.Is(err, templates.ErrUnknown):
		return problem.NotFound("template", name)
	case errors.Is(err, templates.ErrTaken):
		return problem.Conflict("template-exists", "There is a template of that name. Write its next version with PUT /v1/templates/{template}, or choose another name.")
	case errors.Is(err, templates.ErrStale):
		return problem.Conflict("template-changed", "Somebody else has written a version in between. Read the newest, and base your change on it.")
	}
	return err
}

func templateView(t templates.Version) TemplateVersion {
	_, warnings := templates.Check(t.Template)
	v := TemplateVersion{
		Name: t.Name, Version: t.Version, State: t.State, Warnings: warnings, Author: t.Author, CreatedAt: t.CreatedAt.UTC(), PublishedAt: utc(t.PublishedAt),
		TemplateContent: TemplateContent{Class: t.Class, Purpose: t.Purpose, Topic: t.Topic, Definition: t.Definition},
	}
	self := link("v1/templates", t.Name)
	v.Links = map[string]string{
		"self": self + "?version=" + strconv.Itoa(t.Version), "template": self, "preview": self + "/preview",
		"page": self + "/preview.html?version=" + strconv.Itoa(t.Version), "publish": self + "/publish",
	}
	return v
}
