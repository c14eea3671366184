package email

import (
	"bytes"
	"encoding/base64"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/wneessen/go-mail"

	"github.com/perdura/perdura/activities/provider"
)

// inviteFile is the name under which an invitation is attached, for mailboxes that do not offer it by themselves.
const inviteFile = "invite.ics"

// calendarType is the type of the part in which calendars look for an invitation (RFC 6047, 2.4).
func calendarType(m provider.Message) string {
	return "text/calendar; method=" + word(m.CalendarMethod)
}

// attachCalendar adds the iCalendar object as another way to read the mail, and as a file.
func attachCalendar(msg *mail.Msg, m provider.Message) error {
	msg.AddAlternativeString(mail.ContentType(calendarType(m)), string(m.Calendar))
	return msg.AttachReader(inviteFile, bytes.NewReader(m.Calendar), mail.WithFileContentType("application/ics"))
}

// sendGridFile is an attachment (Attachment in SendGrid's OpenAPI description). Its type takes no parameters: calendars
// find the method within the content.
type sendGridFile struct {
	Content     string `json:"content"`
	Type        string `json:"type"`
	Filename    string `json:"filename"`
	Disposition string `json:"disposition"`
}

func sendGridFiles(m provider.Message) []sendGridFile {
	if len(m.Calendar) == 0 {
		return nil
	}
	return []sendGridFile{{base64.StdEncoding.EncodeToString(m.Calendar), "text/calendar", inviteFile, "attachment"}}
}

func sesFiles(m provider.Message) []types.Attachment {
	if len(m.Calendar) == 0 {
		return nil
	}
	return []types.Attachment{{
		FileName: aws.String(inviteFile), RawContent: m.Calendar, ContentType: aws.String(calendarType(m)),
		ContentDisposition: types.AttachmentContentDispositionAttachment, ContentTransferEncoding: types.AttachmentContentTransferEncodingBase64,
	}}
}
