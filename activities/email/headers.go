package email

import (
	"fmt"
	netmail "net/mail"
	"strings"

	"golang.org/x/net/idna"

	"github.com/perdura/perdura/activities/provider"
)

// MessageArgument is the custom argument by which SendGrid and SES tell a message in their events.
const MessageArgument = "perdura_message"

// header is one field of a mail beyond those that every mail has.
type header struct{ name, value string }

// fields are the headers that a mail of this kind carries whichever way it leaves. The values are printable ASCII on one
// line, so that no value can begin a header of its own.
func fields(m provider.Message) []header {
	var all []header
	if m.Unsubscribe != "" {
		all = append(all,
			header{"List-Unsubscribe", "<" + m.Unsubscribe + ">"},         // RFC 2369
			header{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"}) // RFC 8058
	}
	if m.Bulk {
		all = append(all, header{"Precedence", "bulk"}, header{"Feedback-ID", word(m.Category) + ":bulk:perdura"})
	} else {
		all = append(all, header{"Auto-Submitted", "auto-generated"}) // RFC 3834: out-of-office replies are not wanted
	}
	if m.Language != "" {
		all = append(all, header{"Content-Language", word(m.Language)})
	}
	for i := range all {
		all[i].value = printable(all[i].value)
	}
	return all
}

// printable drops what is not printable ASCII; a URL or a code has nothing else.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
}

// word keeps what may stand in a code.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '-' || r == '_' || r == '.' || (r >= '0' && r <= '9') || (r|0x20 >= 'a' && r|0x20 <= 'z')) {
			return r
		}
		return '-'
	}, s)
}

// oneLine replaces control characters, line ends among them, by spaces.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r == '\u0085' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// recipient reads an address and writes its domain in ASCII (RFC 5890). It errs with Rejected.
func recipient(to string) (string, error) {
	parsed, err := netmail.ParseAddress(to)
	if err != nil {
		return "", provider.Rejected{Code: "bad-address", Address: true}
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	domain, err := idna.Lookup.ToASCII(parsed.Address[at+1:])
	if err != nil || domain == "" {
		return "", provider.Rejected{Code: "bad-address", Address: true}
	}
	return parsed.Address[:at+1] + domain, nil
}

// sender is who mail comes from.
type sender struct {
	name, address, domain string
}

// parseSender reads the setting smtp.from.
func parseSender(from string) (sender, error) {
	parsed, err := netmail.ParseAddress(from)
	if err != nil {
		return sender{}, fmt.Errorf("smtp.from: %q is no mail address", from)
	}
	return sender{name: parsed.Name, address: parsed.Address, domain: parsed.Address[strings.LastIndexByte(parsed.Address, '@')+1:]}, nil
}

// messageID is the Message-ID without its angle brackets: equal ledger ids are the same message, sent again (RFC 5322, 3.6.4).
func (s sender) messageID(m provider.Message) string { return m.ID.String() + "@" + s.domain }

// mailbox writes the sender as RFC 5322 has it, with words that are not ASCII encoded.
func (s sender) mailbox() string {
	return (&netmail.Address{Name: s.name, Address: s.address}).String()
}
