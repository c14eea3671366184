package email_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"strings"
	"testing"

	ics "github.com/arran4/golang-ical"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/activities/provider/standin"
	"github.com/perdura/perdura/activities/provider/vendorspec"
)

var invitation = func() provider.Message {
	m := letter
	cal := ics.NewCalendarFor("-//Perdura//Test//EN")
	cal.SetMethod(ics.MethodRequest)
	cal.AddEvent("1@perdura").SetSummary("Beratung über " + strings.Repeat("Größe ", 30))
	m.Calendar, m.CalendarMethod = []byte(cal.Serialize(ics.WithNewLineWindows)), "REQUEST"
	return m
}()

// leaf is a part of a mail that holds no others.
type leaf struct {
	path, mediaType, name string
	params                map[string]string
	content               []byte
}

func leaves(t *testing.T, path, contentType, encoding, disposition string, body io.Reader) []leaf {
	t.Helper()
	mediaType, params, err := mime.ParseMediaType(contentType)
	require.NoError(t, err)
	if !strings.HasPrefix(mediaType, "multipart/") {
		if strings.EqualFold(encoding, "base64") {
			body = base64.NewDecoder(base64.StdEncoding, body)
		}
		content, err := io.ReadAll(body)
		require.NoError(t, err)
		_, of, _ := mime.ParseMediaType(disposition)
		return []leaf{{path, mediaType, of["filename"], params, content}}
	}
	var all []leaf
	parts := multipart.NewReader(body, params["boundary"]) // it decodes quoted-printable by itself
	for {
		p, err := parts.NextPart()
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		all = append(all, leaves(t, path+"/"+mediaType, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.Header.Get("Content-Disposition"), p)...)
	}
}

// An invitation stands beside text and HTML, where mailboxes look for it, and is attached for those that do not.
func TestSMTPCarriesAnInvitation(t *testing.T) {
	t.Parallel()
	s := listen(t, func(int) string { return kept })
	_, err := provide(t, s).Send(context.Background(), invitation)
	require.NoError(t, err)
	m, err := netmail.ReadMessage(strings.NewReader(s.messages[0]))
	require.NoError(t, err)
	parts := leaves(t, "", m.Header.Get("Content-Type"), "", "", m.Body)
	require.Len(t, parts, 4)
	for i, want := range []string{"text/plain", "text/html", "text/calendar", "application/ics"} {
		require.Equal(t, want, parts[i].mediaType)
	}
	require.Equal(t, "/multipart/mixed/multipart/alternative", parts[2].path)
	require.Equal(t, "REQUEST", parts[2].params["method"])
	require.Equal(t, "utf-8", strings.ToLower(parts[2].params["charset"]))
	require.Equal(t, "/multipart/mixed", parts[3].path)
	require.Equal(t, "invite.ics", parts[3].name)
	require.Equal(t, invitation.Calendar, parts[3].content, "byte by byte")
	for _, part := range parts[2:] {
		cal, err := ics.ParseCalendar(bytes.NewReader(part.content))
		require.NoError(t, err)
		require.Equal(t, "1@perdura", cal.Events()[0].Id())
	}
}

func TestSendGridCarriesAnInvitation(t *testing.T) {
	t.Parallel()
	a := standin.Serve(t, standin.Says(202, "", "X-Message-Id", "1"))
	_, err := sendGrid(t, a.URL, 0).Send(context.Background(), invitation)
	require.NoError(t, err)
	var sent struct {
		Attachments []struct {
			Content                     []byte
			Type, Filename, Disposition string
		}
	}
	require.NoError(t, json.Unmarshal(a.Bodies[0], &sent))
	require.Len(t, sent.Attachments, 1)
	file := sent.Attachments[0]
	require.Equal(t, []string{"text/calendar", "invite.ics", "attachment"}, []string{file.Type, file.Filename, file.Disposition})
	require.Equal(t, invitation.Calendar, file.Content)
	if d := vendorspec.Open(t, mailDescription); d != nil {
		var value map[string]any
		require.NoError(t, json.Unmarshal(a.Bodies[0], &value))
		require.NoError(t, d.Fit(d.Body(t, d.Operation(t, "/v3/mail/send", "post"), "application/json"), value))
	}
}

func TestSESCarriesAnInvitation(t *testing.T) {
	t.Parallel()
	a := standin.Serve(t, standin.Says(200, `{"MessageId":"1"}`))
	_, err := ses(t, a.URL).Send(context.Background(), invitation)
	require.NoError(t, err)
	var sent struct {
		Content struct {
			Simple struct {
				Attachments []struct {
					FileName, ContentType, ContentDisposition string
					RawContent                                []byte
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(a.Bodies[0], &sent))
	require.Len(t, sent.Content.Simple.Attachments, 1)
	file := sent.Content.Simple.Attachments[0]
	require.Equal(t, []string{"text/calendar; method=REQUEST", "invite.ics", "ATTACHMENT"}, []string{file.ContentType, file.FileName, file.ContentDisposition})
	require.Equal(t, invitation.Calendar, file.RawContent)
}
