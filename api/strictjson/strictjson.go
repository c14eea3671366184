// Package strictjson reads JSON (RFC 8259) as a public API must: one value, valid UTF-8, no member twice, bounded depth,
// and nothing that PostgreSQL's jsonb cannot keep.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how deeply arrays and objects may nest.
const MaxDepth = 32

// longestNumber bounds a number literal, in bytes.
const longestNumber = 64

// Error says what is wrong with the text. Field is the dotted path of the value, empty for the text as a whole.
type Error struct{ Field, Message string }

func (e *Error) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + " " + e.Message
}

// Decode returns the value in data: map[string]any, []any, string, json.Number, bool or nil. Every error is an *Error.
func Decode(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, &Error{Message: "the body is not valid UTF-8"}
	}
	if at := loneSurrogate(data); at >= 0 {
		return nil, &Error{Message: fmt.Sprintf("the body holds half of a surrogate pair at byte %d", at)}
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	r := reader{dec: dec}
	v, err := r.value(nil)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, &Error{Message: fmt.Sprintf("the body goes on after the JSON value, at byte %d", dec.InputOffset())}
	}
	return v, nil
}

type reader struct {
	dec   *json.Decoder
	depth int
}

func (r *reader) token() (json.Token, error) {
	tok, err := r.dec.Token()
	switch {
	case err == nil:
		return tok, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		if r.dec.InputOffset() == 0 {
			return nil, &Error{Message: "the body is empty, a JSON value is expected"}
		}
		return nil, &Error{Message: "the JSON text ends too early"}
	default:
		return nil, &Error{Message: fmt.Sprintf("the body is not JSON: syntax error near byte %d", r.dec.InputOffset())}
	}
}

func (r *reader) value(path []string) (any, error) {
	tok, err := r.token()
	if err != nil {
		return nil, err
	}
	switch tok := tok.(type) {
	case json.Delim:
		if r.depth++; r.depth > MaxDepth {
			return nil, &Error{strings.Join(path[:1], "."), fmt.Sprintf("is nested deeper than %d levels", MaxDepth)}
		}
		defer func() { r.depth-- }()
		if tok == '{' {
			return r.object(path)
		}
		return r.array(path)
	case string:
		return tok, refuseNUL(tok, path)
	case json.Number:
		return tok, checkNumber(tok.String(), path)
	default:
		return tok, nil
	}
}

func (r *reader) object(path []string) (any, error) {
	m := map[string]any{}
	for r.dec.More() {
		tok, err := r.token()
		if err != nil {
			return nil, err
		}
		key := tok.(string) // the decoder gives nothing else here
		at := append(path[:len(path):len(path)], key)
		if _, twice := m[key]; twice {
			return nil, &Error{strings.Join(at, "."), "is given twice"}
		}
		if err := refuseNUL(key, path); err != nil {
			return nil, err
		}
		if m[key], err = r.value(at); err != nil {
			return nil, err
		}
	}
	_, err := r.token()
	return m, err
}

func (r *reader) array(path []string) (any, error) {
	list := []any{}
	for r.dec.More() {
		v, err := r.value(append(path[:len(path):len(path)], strconv.Itoa(len(list))))
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := r.token()
	return list, err
}

func refuseNUL(s string, path []string) error {
	if strings.ContainsRune(s, 0) {
		return &Error{strings.Join(path, "."), "holds a NUL character"}
	}
	return nil
}

// checkNumber refuses what a float64 cannot hold: PostgreSQL, Go and JavaScript would each read it differently.
func checkNumber(s string, path []string) error {
	f, err := strconv.ParseFloat(s, 64)
	vanished := f == 0 && strings.ContainsAny(strings.FieldsFunc(s, func(r rune) bool { return r == 'e' || r == 'E' })[0], "123456789")
	if len(s) > longestNumber || err != nil || vanished || math.IsInf(f, 0) {
		return &Error{strings.Join(path, "."), "is a number out of range"}
	}
	return nil
}

// loneSurrogate finds a \uD800–\uDFFF escape that is no half of a pair, or returns -1. Go would replace it silently and
// jsonb refuses it.
func loneSurrogate(data []byte) int {
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		unit, ok := escapedUnit(data[i:])
		if !ok {
			i++ // a short escape: \\, \", \n …
			continue
		}
		switch {
		case unit < 0xD800 || unit > 0xDFFF:
		case unit > 0xDBFF:
			return i
		default:
			low, ok := escapedUnit(data[min(i+6, len(data)):])
			if !ok || low < 0xDC00 || low > 0xDFFF {
				return i
			}
			i += 6
		}
		i += 5
	}
	return -1
}

// escapedUnit reads a \uXXXX escape at the start of b.
func escapedUnit(b []byte) (uint64, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return unit, err == nil
}
