package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	validation "github.com/pb33f/libopenapi-validator/errors"
)

// document is the OpenAPI document that a house serves, ready to hold requests and answers against.
type document struct {
	raw      []byte
	validate validator.Validator
}

func (h *house) fetchDocument() (*document, error) {
	answer, err := h.at.Call(context.Background(), http.MethodGet, h.at.API+"/openapi.json", nil)
	if err != nil {
		return nil, fmt.Errorf("fetch the OpenAPI document: %w", err)
	}
	if answer.Status != http.StatusOK {
		return nil, fmt.Errorf("fetch the OpenAPI document: %d %s", answer.Status, answer.Body)
	}
	return readDocument(answer.Body)
}

func readDocument(raw []byte) (*document, error) {
	parsed, err := libopenapi.NewDocument(raw)
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	validate, errs := validator.NewValidator(parsed, config.WithFormatAssertions())
	if len(errs) > 0 {
		return nil, fmt.Errorf("read the OpenAPI document: %w", errors.Join(errs...))
	}
	return &document{raw: raw, validate: validate}, nil
}

// holds reports where an exchange differs from the document. A request that was refused may well differ from it: only
// its answer counts.
func (d *document) holds(e exchange) error {
	request, err := http.NewRequest(e.method, e.url, bytes.NewReader(e.body))
	if err != nil {
		return err
	}
	request.Header = e.header.Clone()
	if e.Status < 300 {
		if ok, errs := d.validate.ValidateHttpRequestSync(request); !ok {
			return fmt.Errorf("%s was taken, and the document does not describe the request: %w\nbody: %s", e, explain(errs), cut(e.body))
		}
		request.Body = io.NopCloser(bytes.NewReader(e.body))
	}
	response := &http.Response{StatusCode: e.Status, Header: e.Header, Body: io.NopCloser(bytes.NewReader(e.Body)), Request: request}
	if ok, errs := d.validate.ValidateHttpResponse(request, response); !ok {
		return fmt.Errorf("the answer to %s differs from the document: %w\nbody: %s", e, explain(errs), cut(e.Body))
	}
	return nil
}

func explain(errs []*validation.ValidationError) error {
	var lines []string
	for _, e := range errs {
		lines = append(lines, e.Message+": "+e.Reason)
		for _, failure := range e.SchemaValidationErrors {
			lines = append(lines, fmt.Sprintf("  %s at %s %s", failure.Reason, failure.FieldPath, failure.KeywordLocation))
		}
	}
	return errors.New(strings.Join(lines, "\n"))
}

// cut keeps failure messages readable.
func cut(body []byte) string {
	const longest = 2000
	if len(body) > longest {
		return string(body[:longest]) + "…"
	}
	return string(body)
}
