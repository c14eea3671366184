package match

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func ada() Person {
	return Person{
		Email: "ada@example.com", Phone: "+12025550123", GivenName: "Ada", Surname: "Example", Company: "Sample Works Ltd",
		Street: "6 Main Street, Rear Building", City: "Exampleton", Postcode: "12345", State: "NY", Country: "US",
		Attributes: map[string]string{"date_of_birth": "1984-02-29", "soc_sec_id": "6988048", "interest": "bicycles"},
	}
}

func TestErrorsLeaveACommonKey(t *testing.T) {
	t.Parallel()
	bare := func(change func(*Person)) Person {
		p := ada()
		p.Email, p.Phone, p.Company, p.Attributes = "", "", "", nil
		change(&p)
		return p
	}
	for _, test := range []struct {
		name string
		a, b Person
	}{
		{"another spelling of the mailbox", Person{Email: "A.Da+x@gmail.com"}, Person{Email: "ada@googlemail.com"}},
		{"number with and without country", Person{Phone: "+972 50 123 4567"}, Person{Phone: "0501234567"}},
		{"names exchanged", Person{GivenName: "Ada", Surname: "Example"}, Person{GivenName: "Example", Surname: "Ada"}},
		{"letters exchanged", Person{GivenName: "Ada", Surname: "Example"}, Person{GivenName: "Ada", Surname: "Exmaple"}},
		{"full name in one field", Person{GivenName: "Ada Example"}, Person{GivenName: "Ada", Surname: "Example"}},
		{"another surname", bare(func(*Person) {}), bare(func(p *Person) { p.Surname = "Zimmer" })},
		{"another given name", bare(func(*Person) {}), bare(func(p *Person) { p.GivenName = "Zoe" })},
		{"surname misspelt and given name missing", bare(func(*Person) {}), bare(func(p *Person) { p.Surname, p.GivenName = "Exxample", "" })},
		{"postcode wrong", bare(func(*Person) {}), bare(func(p *Person) { p.Postcode, p.Surname = "12354", "Exampel" })},
		{"both names wrong", bare(func(*Person) {}), bare(func(p *Person) { p.Surname, p.GivenName = "Zimmer", "Zoe" })},
		{"name and company", Person{Surname: "Smyth", Company: "Sample Works"}, Person{Surname: "Smith", Company: "Sample GmbH"}},
		{"name and company domain", Person{GivenName: "Ada", Email: "ada@sample.example"}, Person{GivenName: "Ada", Email: "a.x@sample.example"}},
		{"digits of an identifier exchanged",
			Person{Surname: "Example", Attributes: map[string]string{"passport": "X1234599"}},
			Person{Surname: "Example", Attributes: map[string]string{"passport": "X1243599"}}},
		{"company spellings", Person{Company: "Sample Works Ltd"}, Person{Company: "sample works inc."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.True(t, share(Keys(test.a), Keys(test.b)))
		})
	}
}

func share(a, b []Key) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}

func TestHugeFieldsAreCutShort(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("a1,é ", 200_000)
	a := NewProfile(Person{Email: huge, Phone: huge, GivenName: huge, Surname: huge, Company: huge, Street: huge, City: huge,
		Attributes: map[string]string{"passport": huge, "interest": huge}})
	for _, part := range append(a.address.lines, a.given.whole, a.surname.whole, a.company.whole, a.address.city) {
		require.LessOrEqual(t, len(part), longestField)
	}
	require.LessOrEqual(t, len(a.Keys()), 60)
	require.LessOrEqual(t, len(Keys(Person{Surname: "Example", Street: strings.Repeat("1 2 a b,", 100), City: "Exampleton"})), 60)
}

func TestKeysAreFewAndShort(t *testing.T) {
	t.Parallel()
	long := ada()
	long.Email = strings.Repeat("a", 60) + "@example.com"
	long.Street = strings.Repeat("Very Long Road, ", 50)
	keys := Keys(long)
	require.LessOrEqual(t, len(keys), 40)
	seen := make(map[Key]bool)
	for _, key := range keys {
		require.NotEmpty(t, key.Kind)
		require.NotEmpty(t, key.Value)
		require.LessOrEqual(t, len(key.Value), longestValue, key.Kind)
		require.False(t, seen[key], "%s twice", key.Kind)
		seen[key] = true
	}
	lead := Person{Email: "ada@example.com", Phone: "+12025550123", GivenName: "Ada", Surname: "Example", Company: "Sample Works", Country: "US"}
	require.LessOrEqual(t, len(Keys(lead)), 12)
	require.Empty(t, Keys(Person{}))
}

func TestCommonValuesMakeNoKeys(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		a, b Person
	}{
		{"free-mail domain", Person{Surname: "Example", Email: "one@gmail.com"}, Person{Surname: "Example", Email: "two@gmail.com"}},
		{"campaign", Person{Surname: "One", Attributes: map[string]string{"campaign_id": "20931774"}}, Person{Surname: "Two", Attributes: map[string]string{"campaign_id": "20931774"}}},
		{"country", Person{Surname: "One", Country: "US"}, Person{Surname: "Two", Country: "US"}},
		{"placeholder number", Person{Phone: "0000000000"}, Person{Phone: "0000000000"}},
		{"placeholder identifier", Person{Attributes: map[string]string{"passport": "11111111"}}, Person{Attributes: map[string]string{"passport": "11111111"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.False(t, share(Keys(test.a), Keys(test.b)))
		})
	}
}
