package email

import (
	"errors"
	"fmt"
	"net/mail"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/perdura/perdura/activities/provider"
)

// busyPause is what a server that is too busy gets: SMTP has no way to say how long.
const busyPause = 10 * time.Second

// stale says that a connection that was kept open is of no use any more, and that nothing was handed over on it.
type stale struct{ cause error }

func (s stale) Error() string { return "the mail server had closed the connection" }
func (s stale) Unwrap() error { return s.cause }

// reply is a server's answer: its code and enhanced code (RFC 3463). The text is left out, for it quotes addresses.
type reply struct {
	code     int
	enhanced string
}

var enhancedCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// readReply returns the answer in err; false when the connection broke instead.
func readReply(err error) (reply, bool) {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return reply{}, false
	}
	return reply{answer.Code, enhancedCode.FindString(answer.Msg)}, true
}

// atSender maps the answer to MAIL, the first command of a transaction. A refusal there is about us.
func atSender(err error) error {
	r, answered := readReply(err)
	switch {
	case !answered || r.code == 421: // closing: what it took before does not matter to this mail
		return stale{err}
	case r.code >= 500:
		return fmt.Errorf("the mail server refuses the sender (reply %d): check smtp.from, smtp.username and smtp.password", r.code)
	default:
		return r.later()
	}
}

// outright is what stale means on a connection that was just made: the server hung up, or said 421 and why.
func outright(err error) error {
	var hungUp stale
	if !errors.As(err, &hungUp) {
		return err
	}
	if r, answered := readReply(hungUp.cause); answered {
		return r.later()
	}
	return fmt.Errorf("the mail server stopped answering: %w", hungUp.cause)
}

// atRecipient maps the answer to RCPT.
func atRecipient(err error) error {
	r, answered := readReply(err)
	switch {
	case !answered:
		return fmt.Errorf("the mail server stopped answering: %w", err)
	case r.code >= 500:
		noMailbox := r.enhanced == "" && (r.code == 550 || r.code == 551)
		return r.rejected(noMailbox)
	default:
		return r.later()
	}
}

// atData maps the answer to DATA, before any of the message was written.
func atData(err error) error {
	r, answered := readReply(err)
	switch {
	case !answered:
		return fmt.Errorf("the mail server stopped answering: %w", err)
	case r.code >= 500:
		return r.rejected(false)
	default:
		return r.later()
	}
}

// atEnd maps the answer to the end of the message. Without one nobody knows whether the server took it.
func atEnd(err error) error {
	r, answered := readReply(err)
	switch {
	case !answered:
		return provider.Unknown{Cause: err}
	case r.code >= 500:
		return r.rejected(false)
	default:
		return r.later()
	}
}

// badAddress are the enhanced codes that blame the recipient's address; 5.1.7 and 5.1.8 blame the sender's.
var badAddress = regexp.MustCompile(`^5\.(1\.([012346]|10)|2\.1)$`)

func (r reply) rejected(noMailbox bool) error {
	return provider.Rejected{
		Code:    "smtp-" + strconv.Itoa(r.code),
		Address: noMailbox || r.code == 553 || badAddress.MatchString(r.enhanced),
	}
}

func (r reply) later() error {
	if r.code == 421 || strings.HasPrefix(r.enhanced, "4.7.") {
		return provider.RateLimited{After: busyPause}
	}
	return fmt.Errorf("the mail server asks to try later (reply %d)", r.code)
}

// envelope writes an address as SMTP commands want it, quoted where it must be.
func envelope(address string) string { return (&mail.Address{Address: address}).String() }
