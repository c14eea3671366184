package contracts_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/contracts"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/money"
)

var (
	noon  = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	facts = contracts.Facts{
		Seller: "Example Ltd", CustomerName: "Zoë Müller", CustomerCompany: "Πάρος & Söhne", CustomerEmail: "zoe@example.com",
		CustomerAddress: "Sample Street 1, 10115 Berlin, DE", OwnerName: "Robin Sample", DealName: "Cooling plant",
		Amount: money.Amount{Minor: 8750000, Currency: "EUR"}, List: money.Amount{Minor: 10000000, Currency: "EUR"}, DiscountPermille: 125,
		CloseOn: noon.AddDate(0, 1, 0), Date: noon,
	}
)

func standard(t *testing.T) contracts.Template {
	t.Helper()
	template, err := contracts.Kind.At(t.Context(), nil, contracts.Standard, 0)
	require.NoError(t, err)
	return template
}

func TestTheStandardTemplateIsRightAndComplete(t *testing.T) {
	t.Parallel()
	template := standard(t)
	require.Empty(t, contracts.Check(template))
	require.Empty(t, template.Missing(facts))
	d := template.Compose(uuid.Max, facts, noon.AddDate(0, 0, 14))
	require.Contains(t, d.Clauses[1].Text, "The price is €87,500.00. It is lowered by 12.5% from the list price of €100,000.00")
	require.Contains(t, d.Clauses[2].Text, "until 2 April 2026,")
	for _, c := range d.Clauses {
		require.NotContains(t, c.Text, "{{")
	}
	template.Language = "de"
	require.Contains(t, template.Compose(uuid.Max, facts, noon).Clauses[1].Text, "87.500,00\u00a0€")
}

func TestTheStandardPipelineHasItsContract(t *testing.T) {
	t.Parallel()
	_, err := contracts.Kind.At(t.Context(), nil, deals.Standard().Template, 0)
	require.NoError(t, err)
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(*contracts.Facts)
		want  []string
	}{
		"nothing":       {func(*contracts.Facts) {}, nil},
		"no discount":   {func(f *contracts.Facts) { f.DiscountPermille = 0 }, nil},
		"not spoken of": {func(f *contracts.Facts) { f.CustomerAddress, f.OwnerName = "", "" }, nil},
		"company":       {func(f *contracts.Facts) { f.CustomerCompany = "" }, []string{"customer.company"}},
		"price and day": {func(f *contracts.Facts) { f.Amount.Minor, f.CloseOn = 0, time.Time{} }, []string{"deal.amount", "deal.close_on"}},
		"currency":      {func(f *contracts.Facts) { f.Amount.Currency = "?" }, []string{"deal.amount"}},
	} {
		f := facts
		tc.spoil(&f)
		require.Equal(t, tc.want, standard(t).Missing(f), name)
	}
}

func TestAWrongTemplateIsRefusedWithItsField(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*contracts.Template){
		"language":           func(d *contracts.Template) { d.Language = "xx" },
		"title":              func(d *contracts.Template) { d.Title = " " },
		"clauses":            func(d *contracts.Template) { d.Clauses = nil },
		"clauses[0].text":    func(d *contracts.Template) { d.Clauses = []contracts.Clause{{"A", "{{customer.shoe_size}}"}} },
		"clauses[0].heading": func(d *contracts.Template) { d.Clauses = []contracts.Clause{{"{{customer}}", "a"}} },
		"valid":              func(d *contracts.Template) { d.Valid, d.Reminders = "1h", nil },
		"countersign":        func(d *contracts.Template) { d.Countersign = "soon" },
		"reminders[1]":       func(d *contracts.Template) { d.Reminders = []definitions.Span{"5d", "2d"} },
		"reminders[0]":       func(d *contracts.Template) { d.Reminders = []definitions.Span{"14d"} },
	} {
		template := standard(t)
		spoil(&template)
		problems := contracts.Check(template)
		require.Len(t, problems, 1, field)
		require.Equal(t, field, problems[0].Field)
	}
}

func TestTheSameContractIsTheSameBytes(t *testing.T) {
	t.Parallel()
	template := standard(t)
	template.Clauses[1].Text += strings.Repeat("\n\nMany more words, so that it takes a second page: "+strings.Repeat("and so on, ", 40), 8)
	d := template.Compose(uuid.Max, facts, noon.AddDate(0, 0, 14))
	first, err := d.Print()
	require.NoError(t, err)
	if path := os.Getenv("CONTRACT_PDF"); path != "" { // to be looked at
		require.NoError(t, os.WriteFile(path, first, 0o600))
	}
	for range 5 {
		again, err := d.Print()
		require.NoError(t, err)
		require.Equal(t, first, again)
	}
	d.Clauses[0].Text += "!"
	other, err := d.Print()
	require.NoError(t, err)
	require.NotEqual(t, first, other)
	require.True(t, strings.HasPrefix(string(first), "%PDF-"))
}

// What the font has no sign for is printed as a box; it breaks nothing.
func TestAnyNameCanBePrinted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"山田商店", "مثال", "Ada 😀 Example", "\x00\x07\u202e", strings.Repeat("W", 3000), "a\u2028b", "\xff\xfe"} {
		f := facts
		f.CustomerCompany, f.DealName = name, name
		pdf, err := standard(t).Compose(uuid.Max, f, noon).Print()
		require.NoError(t, err, name)
		require.True(t, strings.HasSuffix(strings.TrimSpace(string(pdf)), "%%EOF"), name)
	}
}
