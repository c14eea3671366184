package templates

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// format writes values the way a language does.
type format struct{ tag language.Tag }

func (f format) value(v Variable, value any) string {
	switch value := value.(type) {
	case string:
		text := oneLine(value)
		if v.Type == Link && !isWebLink(text) {
			return ""
		}
		return text
	case time.Time:
		if value.IsZero() {
			return ""
		}
		if v.Type == Moment {
			return f.moment(value)
		}
		return f.day(value)
	case Money:
		return f.money(value)
	case Percent:
		return f.percent(int(value))
	case int:
		return message.NewPrinter(f.tag).Sprint(number.Decimal(value))
	}
	return ""
}

// months by base language. English is told apart by region below; languages that are not here get ISO 8601.
var months = map[string][12]string{
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	"de": {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	"es": {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
	"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
}

func (f format) base() string {
	base, _ := f.tag.Base()
	return base.String()
}

func (f format) american() bool {
	region, _ := f.tag.Region()
	return f.base() == "en" && region.String() == "US" && strings.Contains(f.tag.String(), "US")
}

func (f format) day(t time.Time) string {
	names, known := months[f.base()]
	if !known {
		return t.Format(time.DateOnly)
	}
	month := names[t.Month()-1]
	switch f.base() {
	case "de":
		return fmt.Sprintf("%d. %s %d", t.Day(), month, t.Year())
	case "es":
		return fmt.Sprintf("%d de %s de %d", t.Day(), month, t.Year())
	case "fr":
		if t.Day() == 1 {
			return fmt.Sprintf("1er %s %d", month, t.Year())
		}
	case "en":
		if f.american() {
			return fmt.Sprintf("%s %d, %d", month, t.Day(), t.Year())
		}
	}
	return fmt.Sprintf("%d %s %d", t.Day(), month, t.Year())
}

func (f format) moment(t time.Time) string {
	clock := t.Format("15:04")
	if f.american() {
		clock = t.Format("3:04 PM")
	}
	return f.day(t) + ", " + clock + " " + t.Format("MST")
}

func (f format) money(m Money) string {
	unit, err := currency.ParseISO(m.Currency)
	if err != nil {
		return ""
	}
	digits, _ := currency.Standard.Rounding(unit)
	printer := message.NewPrinter(f.tag)
	amount := printer.Sprint(number.Decimal(float64(m.Minor)/math.Pow10(digits), number.Scale(digits)))
	symbol := printer.Sprint(currency.NarrowSymbol(unit))
	if f.base() == "en" {
		if len(symbol) == len(m.Currency) && symbol == m.Currency {
			return symbol + "\u00A0" + amount
		}
		if strings.HasPrefix(amount, "-") {
			return "-" + symbol + amount[1:]
		}
		return symbol + amount
	}
	return amount + "\u00A0" + symbol
}

func (f format) percent(n int) string {
	if f.base() == "en" {
		return strconv.Itoa(n) + "%"
	}
	return strconv.Itoa(n) + "\u00A0%"
}

// isWebLink reports whether s is an absolute http or https address without a user in it.
func isWebLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && !strings.ContainsAny(s, " \"<>\\")
}

// Write writes a value the way a language (BCP 47) does: money, days, moments and shares, as in a template.
func Write(tag string, t Type, value any) string {
	return format{language.Make(tag)}.value(Variable{Type: t}, value)
}
