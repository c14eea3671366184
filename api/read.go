package api

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/invopop/jsonschema"

	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/api/strictjson"
)

const (
	headerKey    = "Idempotency-Key"
	headerPrefer = "Prefer"
	longestWait  = 10 * time.Second
)

// readPath refuses parts of the path that cannot name anything.
func (s *Server) readPath(c *Call) error {
	for _, name := range c.op.parts() {
		p, value := parts[name], c.Param(name)
		if p.uuid {
			if id, err := uuid.Parse(value); err != nil || len(value) != 36 || id.String() != strings.ToLower(value) {
				return problem.BadRequest("Use an id that the API gave out.", problem.Field{Field: name, Message: "must be " + p.text})
			}
		} else if !p.pattern.MatchString(value) {
			return problem.BadRequest("Use an id that the API gave out.", problem.Field{Field: name, Message: "must be " + p.text})
		}
	}
	return nil
}

// readQuery validates the query parameters against the operation's schema. An empty parameter counts as not given.
func (s *Server) readQuery(c *Call) error {
	values, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return problem.BadRequest("The query string is not correctly encoded.", problem.Field{Field: "query", Message: "is not correctly percent-encoded"})
	}
	given := map[string]any{}
	for name, list := range values {
		switch {
		case !utf8.ValidString(name) || strings.ContainsRune(name, 0):
			return problem.BadRequest("A query parameter's name is not plain text.", problem.Field{Field: "query", Message: "holds a name that is not plain UTF-8 text"})
		case len(list) > 1:
			return problem.BadRequest("Give each query parameter once.", problem.Field{Field: name, Message: "is given twice"})
		case !utf8.ValidString(list[0]) || strings.ContainsRune(list[0], 0):
			return problem.BadRequest("A query parameter is not plain text.", problem.Field{Field: name, Message: "is not plain UTF-8 text"})
		case c.op.query == "":
			return problem.BadRequest("This operation takes no query parameters.", problem.Field{Field: name, Message: "is not known here"})
		}
		if _, known := s.queries[c.op.query].Properties.Get(name); list[0] != "" || !known {
			given[name] = queryValue(s.queries[c.op.query], name, list[0])
		}
	}
	if c.op.query == "" {
		return nil
	}
	if fields := s.validators.Validate(c.op.query, "", given); len(fields) > 0 {
		return problem.BadRequest("Put the listed query parameters right.", fields...)
	}
	c.query, err = json.Marshal(given)
	return err
}

var wholeNumber = regexp.MustCompile(`^-?[0-9]{1,18}$`)

// queryValue reads text as the type that the schema wants; text that cannot be read so is left for the schema to refuse.
func queryValue(s *jsonschema.Schema, name, text string) any {
	p, known := s.Properties.Get(name)
	switch {
	case known && p.Type == "integer" && wholeNumber.MatchString(text):
		return json.Number(text)
	case known && p.Type == "boolean" && (text == "true" || text == "false"):
		return text == "true"
	default:
		return text
	}
}

var (
	keyForm    = regexp.MustCompile(`^[\x21-\x7e]{1,255}$`)
	preferWait = regexp.MustCompile(`^(?i:wait)\s*=\s*"?([0-9]{1,6})"?$`)
)

// readHeaders takes in Idempotency-Key and Prefer (RFC 7240). An unknown preference is ignored, as the RFC wants.
func (s *Server) readHeaders(c *Call) error {
	h := c.Request().Header
	if keys, sent := h[headerKey]; sent && c.op.keyed() {
		if len(keys) != 1 || !keyForm.MatchString(keys[0]) {
			return problem.BadRequest("Send one Idempotency-Key or none.",
				problem.Field{Field: headerKey, Message: "must be 1 to 255 visible ASCII characters"})
		}
		c.Key = keys[0]
	}
	if !c.op.Waits {
		return nil
	}
	for _, line := range h.Values(headerPrefer) {
		for _, preference := range strings.Split(line, ",") {
			if m := preferWait.FindStringSubmatch(strings.TrimSpace(preference)); m != nil {
				seconds, _ := strconv.Atoi(m[1]) // six digits at most
				c.Wait = min(time.Duration(seconds)*time.Second, longestWait)
			}
		}
	}
	return nil
}

// readBody reads and validates a JSON body. A body that is an import is left to its handler.
func (s *Server) readBody(c *Call) error {
	r := c.Request()
	if c.op.Unlisted {
		return nil
	}
	if c.op.Body == nil {
		// A body that nobody asked for is read no further than to see that there is one.
		if n, _ := io.ReadFull(r.Body, make([]byte, 1)); n > 0 {
			return problem.BadRequest("This operation takes no body: send none.", problem.Field{Field: "body", Message: "is not taken here"})
		}
		return nil
	}
	limit := s.limits.BodyBytes
	if c.op.Body.Import {
		limit = s.limits.ImportBytes
	}
	if r.ContentLength > limit {
		return problem.TooLarge(limit)
	}
	r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
	if c.op.Body.Import {
		return c.checkMediaType()
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return bodyError(err)
	}
	if len(raw) == 0 && c.op.Body.Optional {
		return nil
	}
	if err := c.checkMediaType(); err != nil {
		return err
	}
	return s.validateBody(c, raw)
}

func (s *Server) validateBody(c *Call, raw []byte) error {
	if c.op.body[c.MediaType] == "" { // text, which its handler reads
		c.raw = raw
		return nil
	}
	value, err := strictjson.Decode(raw)
	var bad *strictjson.Error
	if errors.As(err, &bad) {
		field := bad.Field
		if field == "" {
			field = "body"
		}
		return problem.BadRequest("The body is not taken: it must be one correct JSON value.", problem.Field{Field: field, Message: bad.Message})
	}
	if fields := s.validators.Validate(c.op.body[c.MediaType], "", value); len(fields) > 0 {
		for i := range fields {
			if fields[i].Field == "" {
				fields[i].Field = "body"
			}
		}
		return problem.Invalid(fields...)
	}
	c.raw, c.value = raw, value
	return nil
}

func bodyError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return problem.TooLarge(large.Limit)
	}
	return problem.BadRequest("The body ended before it was complete.", problem.Field{Field: "body", Message: "could not be read to its end"})
}

// checkMediaType finds out which of the operation's media types the body has.
func (c *Call) checkMediaType() error {
	var taken []string
	for _, m := range c.op.Body.Media {
		taken = append(taken, m.Type)
	}
	want := strings.Join(taken, " or ")
	h := c.Request().Header
	sent := h.Get("Content-Type")
	if coding := h.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return problem.UnsupportedMediaType(sent+" in the coding "+coding, want+" without Content-Encoding")
	}
	typ, params, err := mime.ParseMediaType(sent)
	if err != nil {
		return problem.UnsupportedMediaType(sent, want)
	}
	if charset, given := params["charset"]; given && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
		return problem.UnsupportedMediaType(sent, want+" in UTF-8")
	}
	for _, t := range taken {
		if t == typ {
			c.MediaType = typ
			return nil
		}
	}
	return problem.UnsupportedMediaType(sent, want)
}
