package records

import (
	"strings"

	"golang.org/x/text/language"

	"github.com/perdura/perdura/analytics/match"
	"github.com/perdura/perdura/process/calendar"
)

// Problem is one field of a submission that is missing or cannot be read.
type Problem struct {
	Field   string `json:"field"`
	Message string `json:"problem"`
	missing bool
}

// inspection is what a submission is good for.
type inspection struct {
	email, phone string // canonical; empty when there is none that can be read
	problems     []Problem
}

// reachable reports whether somebody can be got hold of.
func (i inspection) reachable() bool { return i.email != "" || i.phone != "" }

// of returns the problems of one kind.
func (i inspection) of(missing bool) []Problem {
	var out []Problem
	for _, p := range i.problems {
		if p.missing == missing {
			out = append(out, p)
		}
	}
	return out
}

// inspect reads a submission as policy asks for it. A lead is worth having as soon as somebody can be reached; whatever
// else is wrong is asked for meanwhile.
func inspect(s Submission, policy Policy) inspection {
	var in inspection
	malformed := func(field, message string) {
		in.problems = append(in.problems, Problem{Field: field, Message: message})
	}
	missing := func(field, message string) {
		in.problems = append(in.problems, Problem{Field: field, Message: message, missing: true})
	}
	country := s.Country
	if country != "" {
		if region, err := language.ParseRegion(country); err != nil || len(country) != 2 || !region.IsCountry() {
			malformed("country", "is not a country code: give two letters of ISO 3166-1, such as DE")
			country = ""
		}
	}
	if s.Email != "" {
		var ok bool
		if in.email, ok = match.CanonicalEmail(s.Email); !ok {
			malformed("email", "is not an e-mail address: give one such as name@example.com")
		}
	}
	if s.Phone != "" {
		var ok bool
		if in.phone, ok = readPhone(s.Phone, or(country, policy.DefaultCountry)); !ok {
			malformed("phone", "is not a telephone number: give it with + and the country's number, or name the country")
		}
	}
	if s.Email == "" && s.Phone == "" {
		missing("email", "give an e-mail address or a telephone number")
		missing("phone", "give an e-mail address or a telephone number")
	}
	if s.TimeZone != "" {
		if _, err := calendar.LoadZone(s.TimeZone); err != nil {
			malformed("time_zone", "is not a time zone: give an IANA name such as Europe/Berlin")
		}
	}
	if s.Language != "" {
		if _, err := language.Parse(s.Language); err != nil {
			malformed("language", "is not a language: give a BCP 47 tag such as en or de-AT")
		}
	}
	for _, field := range policy.Wanted {
		if value, known := s.field(field); known && value == "" {
			missing(field, "is not given")
		}
	}
	return in
}

// readPhone reads a telephone number; where the country is unknown, 00 stands for + as in most of the world.
func readPhone(raw, country string) (string, bool) {
	phone, ok := match.CanonicalPhone(raw, country)
	if rest, international := strings.CutPrefix(raw, "00"); !ok && international {
		return match.CanonicalPhone("+"+rest, country)
	}
	return phone, ok
}

// field is the value of a field that a policy may want.
func (s Submission) field(name string) (string, bool) {
	switch name {
	case "email":
		return s.Email, true
	case "phone":
		return s.Phone, true
	case "first_name":
		return s.FirstName, true
	case "last_name":
		return s.LastName, true
	case "company":
		return s.Company, true
	case "country":
		return s.Country, true
	}
	return "", false
}

// cleared is the submission without the values that cannot be read, so that they do not enter the contact. A telephone
// number stays: its last digits may still show who it is.
func (s Submission) cleared(in inspection) Submission {
	for _, p := range in.of(false) {
		switch p.Field {
		case "email":
			s.Email = ""
		case "country":
			s.Country = ""
		case "time_zone":
			s.TimeZone = ""
		case "language":
			s.Language = ""
		}
	}
	return s
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
