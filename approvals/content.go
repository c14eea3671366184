package approvals

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// wholeNumber is how numbers may be written: PostgreSQL and everybody else keep them as they are.
var wholeNumber = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,17})$`)

// Canonical writes content in its one canonical form: members sorted by name, no blanks. It errs when the content is not
// JSON or holds a number that is not whole; amounts are counted in the smallest unit.
func Canonical(content json.RawMessage) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(content))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, errors.New("the content of an approval is not JSON")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("the content of an approval is more than one JSON value")
	}
	if err := onlyWhole(v); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("write the content of an approval: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// Hash is the SHA-256 of the canonical content. It errs as Canonical does.
func Hash(content json.RawMessage) ([]byte, error) {
	canonical, err := Canonical(content)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(canonical)
	return sum[:], nil
}

func onlyWhole(v any) error {
	switch v := v.(type) {
	case map[string]any:
		for _, member := range v {
			if err := onlyWhole(member); err != nil {
				return err
			}
		}
	case []any:
		for _, item := range v {
			if err := onlyWhole(item); err != nil {
				return err
			}
		}
	case json.Number:
		if !wholeNumber.MatchString(v.String()) {
			return errors.New("the content of an approval holds a number that is not whole: count amounts in the smallest unit")
		}
	}
	return nil
}
