package match

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCanonicalEmail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, raw, want string }{
		{"case and blanks", "  Ada@Example.COM ", "ada@example.com"},
		{"gmail dots and tag", "A.d.a+News@gmail.com", "ada@gmail.com"},
		{"googlemail is gmail", "ada@googlemail.com", "ada@gmail.com"},
		{"outlook keeps dots, drops tag", "a.da+x@outlook.com", "a.da@outlook.com"},
		{"proton ignores separators", "a_d-a.b@protonmail.com", "adab@proton.me"},
		{"other domains keep everything", "a.da+x@example.com", "a.da+x@example.com"},
		{"yahoo keeps its tag", "ada+x@yahoo.com", "ada+x@yahoo.com"},
		{"international domain", "ada@bücher.example", "ada@xn--bcher-kva.example"},
		{"international top level", "ada@example.קום", "ada@example.xn--9dbq2a"},
		{"trailing dot", "ada@example.com.", "ada@example.com"},
		{"empty", "", ""},
		{"no at", "ada.example.com", ""},
		{"no local part", "@example.com", ""},
		{"only a tag", "+x@gmail.com", ""},
		{"only dots", "...@gmail.com", ""},
		{"no top level", "ada@localhost", ""},
		{"address literal", "ada@[192.0.2.1]", ""},
		{"digits as top level", "ada@192.0.2.10", ""},
		{"blank inside", "ada b@example.com", ""},
		{"two addresses", "a@example.com,b@example.com", ""},
		{"two dots", "a..b@example.com", ""},
		{"control character", "a\x00b@example.com", ""},
		{"broken encoding", "a\xffb@example.com", ""},
		{"header injection", "a@example.com\r\nBcc: b@example.com", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, ok := CanonicalEmail(test.raw)
			require.Equal(t, test.want, got)
			require.Equal(t, test.want != "", ok)
			again, _ := CanonicalEmail(got)
			require.Equal(t, got, again, "canonical form must be stable")
		})
	}
}

func TestFreeMailDomain(t *testing.T) {
	t.Parallel()
	for _, domain := range []string{"gmail.com", "yahoo.co.uk", "hotmail.fr", "web.de", "walla.co.il"} {
		require.True(t, FreeMailDomain(domain), domain)
	}
	for _, domain := range []string{"example.com", "yahooing.example", ""} {
		require.False(t, FreeMailDomain(domain), domain)
	}
}

func TestCanonicalPhone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, raw, country, want string }{
		{"national with country", "050-123 4567", "IL", "+972501234567"},
		{"international", "+972 50 123 4567", "", "+972501234567"},
		{"trunk zero in brackets", "+44 (0)20 7946 0018", "", "+442079460018"},
		{"country in lower case", "(202) 555-0123", "us", "+12025550123"},
		{"double zero prefix", "0044 20 7946 0018", "DE", "+442079460018"},
		{"extension dropped", "+1 202 555 0123 ext. 9", "", "+12025550123"},
		{"own country ignored when international", "+44 20 7946 0018", "US", "+442079460018"},
		{"national without country", "050-123 4567", "", ""},
		{"local only", "555-0123", "US", ""},
		{"too short", "12345", "US", ""},
		{"too long", "+1 202 555 0123 4567 890", "", ""},
		{"words", "call me", "US", ""},
		{"empty", "", "US", ""},
		{"unknown country", "050-123 4567", "XX", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, ok := CanonicalPhone(test.raw, test.country)
			require.Equal(t, test.want, got)
			require.Equal(t, test.want != "", ok)
		})
	}
}

func TestNamesFold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, given, surname, wantGiven, wantSurname string }{
		{"diacritics", "Žofia", "Müller", "zofia", "muller"},
		{"letters without decomposition", "Søren", "Groß", "soren", "gross"},
		{"full-width letters", "Ａｄａ", "", "ada", ""},
		{"apostrophe", "Sinéad", "O’Brien", "sinead", "obrien"},
		{"titles", "Dr. Ada", "Example Jr.", "ada", "example"},
		{"full name in one field", "Ada Mary Example", "", "adamary", "example"},
		{"surname first", "Example, Ada", "", "ada", "example"},
		{"only a title is a name", "Prince", "Major", "prince", "major"},
		{"placeholder", "N/A", "Unknown", "", ""},
		{"surnames that look like placeholders", "Ada", "Na", "ada", "na"},
		{"another surname like that", "Ada", "Null", "ada", "null"},
		{"hebrew with points", "דָּוִד", "כהן", "דוד", "כהן"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			given, surname := readNames(test.given, test.surname)
			require.Equal(t, test.wantGiven, given.whole)
			require.Equal(t, test.wantSurname, surname.whole)
		})
	}
}

func TestCompanyFold(t *testing.T) {
	t.Parallel()
	for _, spelling := range []string{"Example Ltd", "EXAMPLE, Inc.", "Example GmbH & Co. KG", "Example S.A.", "The Example Company", "example"} {
		require.Equal(t, "example", readCompany(spelling).whole, spelling)
	}
	require.Equal(t, "co", readCompany("Co.").whole, "a name made of a legal form alone is kept")
	require.Equal(t, "examplecom", readCompany("example.com").whole)
	require.Empty(t, readCompany("n/a").whole)
}

func TestAttributesAreClassified(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, value string
		kind        attributeKind
		folded      string
	}{
		{"date_of_birth", "1984-02-29", kindBirthDate, "19840229"},
		{"DOB", "29.02.1984", kindBirthDate, "19840229"},
		{"birthDate", "in spring", kindText, "inspring"},
		{"birth_date", "19841329", kindBirthDate, "19841329"},
		{"soc_sec_id", "698-80 48", kindPersonID, "6988048"},
		{"Passport No", "X1234599", kindPersonID, "x1234599"},
		{"customer_number", "K-20931", kindAccountID, "k20931"},
		{"reference", "AB-4471920", kindIdentifier, "ab4471920"},
		{"campaign_id", "4471920", kindContext, ""},
		{"budget", "471920", kindContext, ""},
		{"expected", "500000", kindText, "500000"},
		{"passport", "00000000", kindText, "00000000"},
		{"passport", "unknown", kindContext, ""},
		{"first_visit", "2024-05-01", kindDate, "20240501"},
		{"interest", "Bicycles", kindText, "bicycles"},
	} {
		t.Run(test.name+"="+test.value, func(t *testing.T) {
			t.Parallel()
			kind, value := classify(foldText(test.name), test.value)
			require.Equal(t, test.kind, kind)
			require.Equal(t, test.folded, value)
		})
	}
}

func TestFromColumns(t *testing.T) {
	t.Parallel()
	got := FromColumns(map[string]string{
		"Given-Name": "Ada", "last name": "Example", "street_number": "6", "ADDRESS_1": "Main Street", "address_2": "Rear",
		"suburb": "Exampleton", "zip": "12345", "soc_sec_id": "6988048", "company": " ",
	})
	require.Equal(t, Person{
		GivenName: "Ada", Surname: "Example", Street: "6 Main Street, Rear", City: "Exampleton", Postcode: "12345",
		Attributes: map[string]string{"soc_sec_id": "6988048"},
	}, got)

	lead := Person{Surname: "Kept", Attributes: map[string]string{"surname": "Other", "postcode": "12345", "interest": "bicycles"}}
	filled := lead.WithAttributeFields()
	require.Equal(t, Person{Surname: "Kept", Postcode: "12345", Attributes: map[string]string{"interest": "bicycles"}}, filled)
	require.Len(t, lead.Attributes, 3, "the caller's map must not change")
}
