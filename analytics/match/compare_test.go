package match

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	attr := func(pairs ...string) map[string]string {
		m := make(map[string]string)
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	for _, test := range []struct {
		name string
		a, b Person
		want Class
	}{
		{"nothing known", Person{}, Person{}, Different},
		{"identical", ada(), ada(), Same},
		{"same mailbox, nothing else", Person{Email: "a.da@gmail.com"}, Person{Email: "ada@gmail.com"}, Same},
		{"same mailbox and name, another number", Person{Email: "ada@example.com", GivenName: "Ada", Phone: "+12025550123"},
			Person{Email: "ada@example.com", GivenName: "Ada", Phone: "+12025550199"}, Same},
		{"same mailbox, another number, no name", Person{Email: "ada@example.com", Phone: "+12025550123"},
			Person{Email: "ada@example.com", Phone: "+12025550199"}, Same},
		{"same number, nothing else", Person{Phone: "+12025550123"}, Person{Phone: "202-555-0123", Country: "US"}, Same},
		{"same number, other interests", Person{Phone: "+12025550123", Attributes: attr("interest", "boats")},
			Person{Phone: "+12025550123", Attributes: attr("interest", "bicycles")}, Same},
		{"same last digits, country unknown", Person{Phone: "0501234567"}, Person{Phone: "+972501234567"}, Review},
		{"shared mailbox, no names", Person{Email: "info@example.com"}, Person{Email: "info@example.com"}, Review},
		{"shared mailbox, same person", Person{Email: "info@example.com", GivenName: "Ada", Surname: "Example"},
			Person{Email: "info@example.com", GivenName: "Ada", Surname: "Example"}, Same},
		{"shared mailbox, other person", Person{Email: "info@example.com", GivenName: "Ada", Surname: "Example"},
			Person{Email: "info@example.com", GivenName: "Boris", Surname: "Sample"}, Review},
		{"own mailbox under another name", Person{Email: "ada@example.com", GivenName: "Ada", Surname: "Example"},
			Person{Email: "ada@example.com", GivenName: "Boris", Surname: "Sample"}, Review},
		{"own mailbox under a nickname", Person{Email: "bob@example.com", GivenName: "Bob", Surname: "Example"},
			Person{Email: "bob@example.com", GivenName: "Robert", Surname: "Example"}, Same},
		{"a family's number", Person{Phone: "+12025550123", GivenName: "Ada", Surname: "Example", Street: "6 Main Street", City: "Exampleton", Postcode: "12345"},
			Person{Phone: "+12025550123", GivenName: "Boris", Surname: "Example", Street: "6 Main Street", City: "Exampleton", Postcode: "12345"}, Review},
		{"twins", Person{GivenName: "Ada", Surname: "Example", Street: "6 Main Street", Postcode: "12345", City: "Exampleton", Attributes: attr("dob", "2001-02-03")},
			Person{GivenName: "Boris", Surname: "Example", Street: "6 Main Street", Postcode: "12345", City: "Exampleton", Attributes: attr("dob", "2001-02-03")}, Review},
		{"father and son of one name", Person{GivenName: "Boris", Surname: "Example", Phone: "+12025550123", Street: "6 Main Street", Postcode: "12345", Attributes: attr("dob", "1961-02-03")},
			Person{GivenName: "Boris", Surname: "Example", Phone: "+12025550123", Street: "6 Main Street", Postcode: "12345", Attributes: attr("dob", "1989-11-20")}, Review},
		{"household without given name", Person{Surname: "Example", Street: "6 Main Street", Postcode: "12345", City: "Exampleton"},
			Person{GivenName: "Ada", Surname: "Example", Street: "6 Main Street", Postcode: "12345", City: "Exampleton"}, Review},
		{"common name alone", Person{GivenName: "John", Surname: "Smith"}, Person{GivenName: "John", Surname: "Smith"}, Different},
		{"name and company", Person{GivenName: "John", Surname: "Smith", Company: "Example Ltd"}, Person{GivenName: "John", Surname: "Smith", Company: "EXAMPLE Limited"}, Review},
		{"fuzzy name and company", Person{GivenName: "Jon", Surname: "Smyth", Company: "Example Ltd"}, Person{GivenName: "John", Surname: "Smith", Company: "Example Inc"}, Review},
		{"colleagues", Person{GivenName: "Ada", Surname: "Example", Company: "Sample", Email: "ada@sample.example"},
			Person{GivenName: "Boris", Surname: "Zimmer", Company: "Sample", Email: "boris@sample.example"}, Different},
		{"colleagues with one customer number", Person{GivenName: "Ada", Surname: "Example", Company: "Sample", Attributes: attr("customer_number", "20931774")},
			Person{GivenName: "Boris", Surname: "Zimmer", Company: "Sample", Attributes: attr("customer_number", "20931774")}, Different},
		{"name, other company", Person{GivenName: "Ada", Surname: "Example", Company: "Sample"}, Person{GivenName: "Ada", Surname: "Example", Company: "Works"}, Different},
		{"visitors of one campaign", Person{GivenName: "Ada", Surname: "Example", Attributes: attr("campaign_id", "20931774", "gclid_page", "77812039")},
			Person{GivenName: "Ada", Surname: "Sample", Attributes: attr("campaign_id", "20931774", "gclid_page", "77812039")}, Different},
		{"an unnamed identifier is not enough", Person{GivenName: "Ada", Attributes: attr("reference", "20931774")},
			Person{GivenName: "Boris", Attributes: attr("reference", "20931774")}, Different},
		{"names exchanged", Person{GivenName: "Example", Surname: "Ada", Attributes: attr("dob", "1984-02-29")},
			Person{GivenName: "Ada", Surname: "Example", Attributes: attr("dob", "29.02.1984")}, Same},
		{"married name, same number", Person{GivenName: "Ada", Surname: "Example", Phone: "+12025550123"},
			Person{GivenName: "Ada", Surname: "Zimmer", Phone: "+12025550123"}, Same},
		{"birth date with digits exchanged", Person{GivenName: "Ada", Surname: "Example", Postcode: "12345", City: "Exampleton", Attributes: attr("dob", "19840229")},
			Person{GivenName: "Ada", Surname: "Exampel", Postcode: "12345", City: "Exampleton", Attributes: attr("dob", "19480229")}, Same},
		{"mailbox with a typing error", Person{Email: "ada.example@gmail.com", GivenName: "Ada", Surname: "Example"},
			Person{Email: "ada.example@gmial.com", GivenName: "Ada", Surname: "Example"}, Same},
		{"companies at one number", Person{Company: "Sample Works", Phone: "+12025550123"}, Person{Company: "Zimmer Yachts", Phone: "+12025550123"}, Review},
		{"one company, two spellings", Person{Company: "Sample Works Ltd", Street: "6 Main Street", City: "Exampleton"},
			Person{Company: "SampleWorks Limited", Street: "6 Main St.", City: "Exampleton"}, Same},
		{"hebrew names that differ", Person{GivenName: "דוד", Surname: "כהן", Phone: "+972501234567"}, Person{GivenName: "רות", Surname: "לוי", Phone: "+972501234567"}, Review},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := Compare(test.a, test.b)
			require.Equal(t, test.want.String(), got.Class.String(), "%+v", got)
			require.Equal(t, got, Compare(test.b, test.a), "symmetric")
		})
	}
}

func TestReasonsAddUpToTheScore(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		a, b := randomPerson(random), randomPerson(random)
		verdict := Compare(a, b)
		bits := float64(priorBits)
		for _, reason := range verdict.Reasons {
			bits += reason.Weight
			require.GreaterOrEqual(t, reason.Similarity, 0.0, reason.Field)
			require.LessOrEqual(t, reason.Similarity, 1.0, reason.Field)
		}
		require.InDelta(t, verdict.Score, scoreOf(bits), 1e-9)
		require.Equal(t, classOf(verdict.Score), verdict.Class)
		require.Equal(t, verdict, Compare(b, a), "symmetric")
	}
}

// randomPerson mixes few values, so that pairs agree in some fields and not in others.
func randomPerson(random *rand.Rand) Person {
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	return Person{
		Email:     pick("", "", "ada@example.com", "info@example.com", "boris@example.com", "broken"),
		Phone:     pick("", "", "+12025550123", "202 555 0123", "+12025550132"),
		GivenName: pick("", "Ada", "Boris", "Example", "Aad", "A."),
		Surname:   pick("", "Example", "Exmaple", "Ada", "Zimmer"),
		Company:   pick("", "", "Sample Works", "Sample"),
		Street:    pick("", "6 Main Street", "Main St, Rear", "Rear, Main Street, Main St", "9 Hill Road"),
		City:      pick("", "Exampleton", "Exampelton", "Sampleville"),
		Postcode:  pick("", "12345", "12354", "99999"),
		State:     pick("", "NY", "CA"),
		Country:   pick("", "US"),
		Attributes: map[string]string{
			"dob": pick("", "1984-02-29", "1948-02-29", "1990-01-01", "29"), "DOB": pick("", "1984-02-29", "1990-01-01"),
			"passport": pick("", "X1234599", "X1243599", "Y77777777"), "reference": pick("", "44719201", "n/a"), "interest": pick("", "boats", "bicycles"),
		},
	}
}

func BenchmarkCompare(b *testing.B) {
	x, y := NewProfile(ada()), NewProfile(ada())
	b.ReportAllocs()
	for b.Loop() {
		x.Compare(y)
	}
}

func BenchmarkCompareMisspelt(b *testing.B) {
	other := ada()
	other.GivenName, other.Surname, other.Street, other.Company = "Aada", "Exmaple", "9 Mian Street, Rear Bilding", "Smaple Works"
	other.Email, other.City = "ada.example@example.org", "Exampelton"
	x, y := NewProfile(ada()), NewProfile(other)
	b.ReportAllocs()
	for b.Loop() {
		x.Compare(y)
	}
}

func BenchmarkNewProfile(b *testing.B) {
	p := ada()
	b.ReportAllocs()
	for b.Loop() {
		NewProfile(p)
	}
}

func BenchmarkKeys(b *testing.B) {
	p := NewProfile(ada())
	b.ReportAllocs()
	for b.Loop() {
		p.Keys()
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("ada@example.com", "+12025550123", "Ada", "Example", "Sample, Inc.", "6 Main St, Rear", "1984-02-29")
	f.Add("@", "+", ",", "'", "...", ",,,1a,", "0")
	f.Add("a@\u200b.com", "\xff\xfe", "\u0301", "ﬃ\x00", "S.A.", "١٢", "２０２４０１０１")
	f.Fuzz(func(t *testing.T, email, phone, given, surname, company, street, fact string) {
		a := Person{Email: email, Phone: phone, GivenName: given, Surname: surname, Company: company, Street: street, City: fact,
			Attributes: map[string]string{"dob": fact, "passport": fact, given: surname}}
		b := Person{Email: phone, Phone: email, GivenName: surname, Surname: given, Company: street, Street: company, City: given,
			Attributes: map[string]string{"DOB": given, "passport": company, given: fact}}
		verdict := Compare(a, b)
		require.GreaterOrEqual(t, verdict.Score, 0.0)
		require.LessOrEqual(t, verdict.Score, 1.0)
		require.Equal(t, verdict, Compare(b, a))
		for _, key := range Keys(a) {
			require.LessOrEqual(t, len(key.Value), longestValue)
		}
	})
}
