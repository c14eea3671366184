package sandbox

import (
	"bytes"
	"errors"
	"io"
	"net/mail"
	"net/textproto"
	"path"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // text in charsets other than UTF-8
)

const (
	maxDepth = 20    // of multiparts within multiparts
	maxParts = 1_000 // of one mail
)

// parsedMail is what a reader sees of a mail.
type parsedMail struct {
	subject, from, messageID, text, html, calendar string
	headers                                        map[string][]string
	attachments                                    []Attachment
	parts                                          int
}

// parseMail reads a MIME message. It never fails: what cannot be understood is
// shown as plain text, for the sandbox must show whatever really arrived.
func parseMail(raw []byte) *parsedMail {
	p := &parsedMail{headers: map[string][]string{}, attachments: []Attachment{}}
	entity, err := message.Read(bytes.NewReader(raw))
	if entity == nil {
		p.text = validText(raw)
		return p
	}
	for fields := entity.Header.Fields(); fields.Next(); {
		value, err := fields.Text() // decodes RFC 2047 words
		if err != nil {
			value = fields.Value()
		}
		key := textproto.CanonicalMIMEHeaderKey(fields.Key())
		p.headers[key] = append(p.headers[key], validText([]byte(value)))
	}
	p.subject = p.first("Subject")
	p.messageID = p.first("Message-Id")
	p.from = bareAddress(entity.Header.Get("From"))
	p.walk(entity, err, 0)
	return p
}

func (p *parsedMail) first(key string) string {
	if values := p.headers[key]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// walk adds a part, and the parts within it, to what is known. problem is what
// reading the part's header reported; such a part is read undecoded.
func (p *parsedMail) walk(entity *message.Entity, problem error, depth int) {
	p.parts++
	if depth < maxDepth {
		if parts := entity.MultipartReader(); parts != nil {
			for p.parts < maxParts {
				part, err := parts.NextPart()
				if part == nil || errors.Is(err, io.EOF) {
					return
				}
				p.walk(part, err, depth+1)
			}
			return
		}
	}
	mediaType, params, err := entity.Header.ContentType()
	if err != nil || mediaType == "" {
		mediaType = "text/plain"
	}
	disposition, dispositionParams, _ := entity.Header.ContentDisposition()
	name := dispositionParams["filename"]
	if name == "" {
		name = params["name"]
	}
	inline := disposition != "attachment" && name == ""
	switch {
	case inline && mediaType == "text/plain":
		p.text = joinText(p.text, readText(entity.Body))
	case inline && mediaType == "text/html" && !message.IsUnknownEncoding(problem):
		p.html = joinText(p.html, readText(entity.Body))
	case inline && mediaType == "text/calendar":
		p.calendar = joinText(p.calendar, readText(entity.Body))
	default:
		size, _ := io.Copy(io.Discard, entity.Body) // a damaged part counts as far as it goes
		p.attachments = append(p.attachments, Attachment{
			Name: path.Base("/" + validText([]byte(name))), Type: mediaType, Size: size,
		})
		if last := &p.attachments[len(p.attachments)-1]; last.Name == "/" {
			last.Name = "unnamed"
		}
	}
}

// readText returns what can be read of a text part, with plain line ends.
func readText(body io.Reader) string {
	content, _ := io.ReadAll(body) // a damaged part is shown as far as it goes
	return strings.ReplaceAll(validText(content), "\r\n", "\n")
}

func joinText(before, next string) string {
	if before == "" {
		return next
	}
	return before + "\n" + next
}

// validText replaces what is not UTF-8, since JSON can carry nothing else.
func validText(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }

// bareAddress returns the address of a From header without the name; empty
// when it cannot be read.
func bareAddress(header string) string {
	list, err := mail.ParseAddressList(header)
	if err != nil || len(list) == 0 {
		return ""
	}
	return list[0].Address
}
