package sandbox

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const invitation = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"

// An invitation can be read, whichever way the mail came.
func TestAnInvitationIsShown(t *testing.T) {
	plain := strings.ReplaceAll(invitation, "\r\n", "\n")
	encoded := base64.StdEncoding.EncodeToString([]byte(invitation))
	mail := parseMail([]byte(strings.ReplaceAll("From: a@example.com\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/alternative; boundary=a\n\n"+
		"--a\nContent-Type: text/plain\n\nhello\n--a\nContent-Type: text/calendar; method=REQUEST\nContent-Transfer-Encoding: base64\n\n"+encoded+"\n--a--\n"+
		"--m\nContent-Type: application/ics\nContent-Disposition: attachment; filename=invite.ics\nContent-Transfer-Encoding: base64\n\n"+encoded+"\n--m--\n", "\n", "\r\n")))
	require.Equal(t, plain, mail.calendar)
	require.Equal(t, "hello", strings.TrimSpace(mail.text), "it is no part of the words")
	require.Equal(t, []Attachment{{Name: "invite.ics", Type: "application/ics", Size: int64(len(invitation))}}, mail.attachments)

	s := &Sandbox{now: time.Now}
	for name, take := range map[string]func() ([]*Message, any){
		"SendGrid": func() ([]*Message, any) {
			return s.takeSendGrid(`{"personalizations":[{"to":[{"email":"b@example.com"}]}],"from":{"email":"a@example.com"},"subject":"s","content":[{"type":"text/plain","value":"hello"}],
				"attachments":[{"content":"` + encoded + `","type":"text/calendar","filename":"invite.ics","disposition":"attachment"}]}`)
		},
		"SES": func() ([]*Message, any) {
			messages, problem := s.newSESMails([]byte(`{"FromEmailAddress":"a@example.com","Destination":{"ToAddresses":["b@example.com"]},"Content":{"Simple":{"Subject":{"Data":"s"},"Body":{"Text":{"Data":"hello"}},
				"Attachments":[{"FileName":"invite.ics","ContentType":"text/calendar; method=REQUEST","RawContent":"` + encoded + `"}]}}}`))
			return messages, problem
		},
	} {
		messages, problem := take()
		require.Len(t, messages, 1, "%s: %v", name, problem)
		require.Equal(t, plain, messages[0].Calendar, name)
		require.Equal(t, []Attachment{{Name: "invite.ics", Type: "text/calendar", Size: int64(len(invitation))}}, messages[0].Attachments, name)
	}
}

func (s *Sandbox) takeSendGrid(body string) ([]*Message, any) {
	messages, problem := s.newMails([]byte(body))
	return messages, problem
}
