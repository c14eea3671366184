package templates

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/currency"

	"github.com/perdura/perdura/definitions"
)

// Money is an amount in the smallest unit of an ISO 4217 currency: cents of EUR, yen of JPY.
type Money struct {
	Minor    int64  `json:"amount_minor"`
	Currency string `json:"currency"`
}

// Percent is a share in hundredths: Percent(10) is a tenth.
type Percent int

var percentage = regexp.MustCompile(`^(100|[0-9]{1,2}) ?%$`)

// ReadValues reads values as JSON has them: text, times as RFC 3339, amounts as "10%" or {"amount_minor", "currency"}.
// Problems name the variable.
func ReadValues(given map[string]json.RawMessage) (Values, []definitions.Problem) {
	values, problems := Values{}, []definitions.Problem(nil)
	for name, raw := range given {
		variable, known := variables[name]
		if !known {
			problems = append(problems, definitions.Problem{Field: name, Message: "is not a variable: " + nearest(name)})
			continue
		}
		value, err := readValue(variable, raw)
		if err != nil {
			problems = append(problems, definitions.Problem{Field: name, Message: err.Error()})
			continue
		}
		values[name] = value
	}
	slices.SortFunc(problems, func(a, b definitions.Problem) int { return strings.Compare(a.Field, b.Field) })
	return values, problems
}

func readValue(v Variable, raw json.RawMessage) (any, error) {
	var text string
	isText := json.Unmarshal(raw, &text) == nil
	switch {
	case v.Type == Amount:
		if m := percentage.FindStringSubmatch(text); m != nil {
			share, err := strconv.Atoi(m[1])
			return Percent(share), err
		}
		var money Money
		if isText || json.Unmarshal(raw, &money) != nil {
			return nil, fmt.Errorf(`must be a share such as "10%%" or {"amount_minor": 500, "currency": "EUR"}`)
		}
		if _, err := currency.ParseISO(money.Currency); err != nil {
			return nil, fmt.Errorf("currency: must be a code of ISO 4217 such as EUR")
		}
		return money, nil
	case !isText:
		return nil, fmt.Errorf("must be a text")
	case text == "":
		return "", nil
	case v.Type == Day || v.Type == Moment:
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, fmt.Errorf("must be a time as in 2026-03-02T14:30:00Z (RFC 3339)")
		}
		return at, nil
	case v.Type == Link && !isWebLink(text):
		return nil, fmt.Errorf("must be an http or https address")
	}
	return text, nil
}

// Examples are the values of the registry's examples, for previews.
func Examples() Values {
	given := map[string]json.RawMessage{}
	for _, v := range registry {
		given[v.Name] = json.RawMessage(strconv.Quote(v.Example))
		if strings.HasPrefix(v.Example, "{") {
			given[v.Name] = json.RawMessage(v.Example)
		}
	}
	values, problems := ReadValues(given)
	if len(problems) > 0 {
		panic(fmt.Sprintf("templates: the registry's example of %s %s", problems[0].Field, problems[0].Message))
	}
	return values
}
