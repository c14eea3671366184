package records

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/perdura/perdura/analytics/match"
	"github.com/perdura/perdura/intake"
)

// Submission is what somebody sent, as it stands in leads.submission and lead_import_rows.raw.
type Submission intake.Submission

// readSubmission decodes a stored submission. Fields of another shape than expected are an error without their values.
func readSubmission(raw json.RawMessage) (Submission, error) {
	var s Submission
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("read the submission: it does not have the shape of a lead (%T)", err)
	}
	for _, field := range []*string{&s.Email, &s.Phone, &s.FirstName, &s.LastName, &s.Company, &s.Country, &s.TimeZone, &s.Language} {
		*field = strings.TrimSpace(*field)
	}
	s.Country = strings.ToUpper(s.Country)
	return s, nil
}

// person is the submission as records are compared: an attribute that names an address field counts as that field.
func (s Submission) person() match.Person {
	p := match.Person{
		Email: s.Email, Phone: s.Phone, GivenName: s.FirstName, Surname: s.LastName, Company: s.Company,
		Street: s.Street, City: s.City, Postcode: s.Postcode, State: s.Region, Country: s.Country,
		Attributes: s.plainAttributes(),
	}
	return p.WithAttributeFields()
}

// plainAttributes are the attributes that are a single text, number or flag.
func (s Submission) plainAttributes() map[string]string {
	if len(s.Attributes) == 0 {
		return nil
	}
	plain := make(map[string]string, len(s.Attributes))
	for name, value := range s.Attributes {
		switch v := value.(type) {
		case string:
			plain[name] = v
		case float64:
			plain[name] = strconv.FormatFloat(v, 'f', -1, 64)
		case bool:
			plain[name] = strconv.FormatBool(v)
		}
	}
	return plain
}
