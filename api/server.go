package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"github.com/invopop/jsonschema"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/api/schema"
	"github.com/perdura/perdura/api/webhooks"
	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/inbox"
	"github.com/perdura/perdura/links"
	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/templates"
)

// Server answers HTTP. Make it with New; it needs no stopping.
type Server struct {
	pool     *pgxpool.Pool
	clock    clock.Clock
	log      *slog.Logger
	access   Authenticator
	poke     inbox.Poker
	acceptor *inbox.Acceptor
	runs     Runs
	maps     Maps
	ready    []Check
	limits   Limits
	version  string
	links    *links.Signer
	evidence *evidence.Signer
	readers  *webhooks.Readers
	sender   string

	definitions []process.Definition
	kinds       []definitions.AnyKind
	gate        *gate.Gate
	published   *templates.Store
	events      map[string]EventContract
	rates       *rates
	swept       atomic.Int64

	operations []*Operation
	schemas    *schema.Registry
	validators *schema.Validators
	queries    map[string]*jsonschema.Schema
	shapes     map[reflect.Type]string // the schema of each type of a body or answer
	document   []byte
	echo       *echo.Echo
}

// New builds the server and its document. It errs when the options lack something, two types share a schema name, or a
// schema is not correct.
func New(o Options) (*Server, error) {
	if o.Pool == nil || o.Access == nil || o.Runs == nil {
		return nil, errors.New("build the API: Pool, Access and Runs are needed")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Server{
		pool: o.Pool, clock: o.Clock, log: o.Log, access: o.Access, poke: o.Poke, acceptor: inbox.NewAcceptor(o.Pool, o.Poke),
		runs: o.Runs, maps: o.Maps, ready: o.Ready, limits: o.Limits.withDefaults(), version: o.Version, links: o.Links, evidence: o.Evidence, sender: o.Sender,
		definitions: o.Definitions, kinds: o.Kinds, gate: gate.New(), published: &templates.Store{}, events: map[string]EventContract{}, queries: map[string]*jsonschema.Schema{}, shapes: map[reflect.Type]string{},
		schemas: schema.NewRegistry(reflect.TypeFor[Server]().PkgPath()),
	}
	s.swept.Store(time.Now().UnixNano())
	s.rates = newRates(s.limits.Rate, s.limits.Burst)
	for _, e := range slices.Concat(ownEvents(), o.Events) {
		s.events[e.Name()] = e
	}
	o.Webhooks.Links, o.Webhooks.At = o.Links, o.Clock.At
	var err error
	if s.readers, err = webhooks.New(o.Webhooks); err != nil {
		return nil, fmt.Errorf("build the API: %w", err)
	}
	s.operations = s.table()
	if err := s.describe(); err != nil {
		return nil, fmt.Errorf("build the API: %w", err)
	}
	s.echo = s.router(o.Codec)
	if err := s.routePages(s.echo); err != nil {
		return nil, fmt.Errorf("build the API: %w", err)
	}
	return s, nil
}

// Handler is the server's HTTP handler.
func (s *Server) Handler() http.Handler { return s.echo }

// Document is the OpenAPI 3.1 document, as JSON.
func (s *Server) Document() []byte { return slices.Clone(s.document) }

// describe makes schemas, validators and the document from the table.
func (s *Server) describe() error {
	s.schemas.Answer(reflect.TypeFor[problem.Problem](), "Problem")
	for _, op := range s.operations {
		if err := op.check(); err != nil {
			return err
		}
		s.addSchemas(op)
	}
	for name, e := range s.events {
		s.shapes[e.Data()] = s.schemas.Request(e.Data(), upper(name)+"Event")
	}
	var err error
	if s.validators, err = s.schemas.Compile(); err != nil {
		return err
	}
	s.document, err = s.writeDocument()
	return err
}

func (s *Server) addSchemas(op *Operation) {
	base := upper(op.ID)
	if op.Query != nil {
		op.query = base + "Query"
		s.queries[op.query] = s.schemas.Query(op.Query, op.query)
	}
	if op.Body != nil {
		op.body = map[string]string{}
		for i, m := range op.Body.Media {
			if m.Schema != nil {
				op.body[m.Type] = s.schemas.Request(m.Schema, base+"Body"+suffix(i))
				s.shapes[m.Schema] = op.body[m.Type]
			}
		}
	}
	for _, a := range op.Answers {
		for _, m := range a.Media {
			if m.Schema != nil {
				if _, known := s.shapes[m.Schema]; !known {
					s.shapes[m.Schema] = s.schemas.Answer(m.Schema, fmt.Sprintf("%sAnswer%d", base, a.Status))
				}
			}
		}
	}
}

// router makes the routes.
func (s *Server) router(codec http.Handler) *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.answerError
	e.Use(s.recover, guardBrowser)
	for _, op := range s.operations {
		e.Add(op.Method, op.route(), measured(op, s.serve(op)))
	}
	e.GET("/docs", s.docs())
	e.GET("/docs/*", s.docs())
	if codec != nil {
		op := &Operation{Tag: "codec", Access: access.CodecDecode}
		e.Any("/codec/*", func(ec echo.Context) error {
			if ec.Request().Method != http.MethodOptions { // a browser's preflight brings no key
				if err := s.authorize(&Call{Context: ec, op: op}); err != nil {
					return err
				}
			}
			http.StripPrefix("/codec", codec).ServeHTTP(ec.Response(), ec.Request())
			return nil
		})
	}
	return e
}

// serve is the way of every call: who, may they, what do they want, do it.
func (s *Server) serve(op *Operation) echo.HandlerFunc {
	steps := []func(*Call) error{s.authorize, s.readPath, s.readQuery, s.readHeaders, s.readBody}
	return func(ec echo.Context) error {
		ctx, cancel := context.WithTimeout(ec.Request().Context(), s.timeout(op))
		defer cancel()
		ec.SetRequest(ec.Request().WithContext(ctx))
		c := &Call{Context: ec, op: op}
		if op.Raw {
			return op.Handle(c)
		}
		for _, step := range steps {
			if err := step(c); err != nil {
				return err
			}
		}
		if op.Body != nil && op.Body.Import {
			return op.Handle(c) // it spools the body first, and then calls idempotently itself
		}
		return s.idempotently(c, c.raw, op.Handle)
	}
}

func (s *Server) timeout(op *Operation) time.Duration {
	if op.Body != nil && op.Body.Import {
		return s.limits.ImportTimeout
	}
	if op.Waits {
		return s.limits.Timeout + longestWait
	}
	return s.limits.Timeout
}

// wake tells the dispatcher that something was committed.
func (s *Server) wake() {
	if s.poke != nil {
		s.poke.Poke()
	}
}

// definition finds a process by name.
func (s *Server) definition(name string) (process.Definition, error) {
	for _, d := range s.definitions {
		if d.Describe().Name == name {
			return d, nil
		}
	}
	return nil, problem.NotFound("process", name)
}

// guardBrowser sets the headers that keep a browser from making anything else of an answer.
func guardBrowser(next echo.HandlerFunc) echo.HandlerFunc {
	return func(ec echo.Context) error {
		h := ec.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if ec.Request().TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(ec)
	}
}

func link(parts ...string) string { return "/" + path.Join(parts...) }
