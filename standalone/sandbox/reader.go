package sandbox

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Programs that follow a mail's own links, as they stand in outcome.Provider.
const (
	readerProgram  = "reader"
	mailboxProgram = "mailbox"
	scannerProgram = "scanner"
)

// Who they say they are.
const (
	readerAgent  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
	mailboxAgent = "Mozilla/5.0 (compatible; SandboxMailbox/1.0; one-click unsubscribe)"
	scannerAgent = "Mozilla/5.0 (compatible; SandboxLinkScanner/1.0; mail security)"
)

var images = regexp.MustCompile(`(?i)<img\s[^>]*?src\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))`)

// visit is one request of a scanner.
type visit struct {
	Method string `json:"method"`
	URL    string `json:"url"`
	Status int    `json:"status"` // 0 when no answer came
}

// follow does by the mail's own links what a customer's program does. It returns
// nil when the action is the provider's to tell.
func (s *Sandbox) follow(ctx context.Context, m *Message, action string, input customerInput, event *Event) (*outcome, error) {
	if m.Channel != ChannelEmail || (input.Via == viaEvent && action != "scan") {
		return nil, nil
	}
	var result *outcome
	switch action {
	case "open":
		if image := s.own(imagesOf(m), "/o/"); image != "" {
			result = s.visit(ctx, http.MethodGet, image, readerAgent, readerProgram)
		}
	case "click":
		if s.leadsHome(input.URL) {
			result = s.visit(ctx, http.MethodGet, input.URL, readerAgent, readerProgram)
		}
	case "unsubscribe":
		if address := s.oneClick(m); address != "" {
			result = s.visit(ctx, http.MethodPost, address, mailboxAgent, mailboxProgram)
			event.Status = sendGridEvents[action].status
		}
	case "scan":
		result = s.scan(ctx, m)
	default:
		return nil, nil
	}
	if result == nil && input.Via == viaLink {
		return nil, &refusal{http.StatusUnprocessableEntity, "The mail has no link of Perdura's for this.", map[string]string{"via": "leave it out, or use event"}}
	}
	return result, nil
}

// oneClick is the address of the mail's List-Unsubscribe header when it offers
// one click (RFC 8058) and leads to the product.
func (s *Sandbox) oneClick(m *Message) string {
	post, list := m.Headers["List-Unsubscribe-Post"], m.Headers["List-Unsubscribe"]
	if len(post) == 0 || len(list) == 0 || strings.TrimSpace(post[0]) != "List-Unsubscribe=One-Click" {
		return ""
	}
	for _, part := range strings.Split(list[0], ",") {
		if address := strings.Trim(strings.TrimSpace(part), "<>"); s.leadsHome(address) {
			return address
		}
	}
	return ""
}

// scan does what a security scanner does before the customer sees the mail: it
// asks for every link and image, by HEAD and by GET. Only those that lead to the
// product are asked for: the sandbox reaches nobody else.
func (s *Sandbox) scan(ctx context.Context, m *Message) *outcome {
	result := &outcome{Provider: scannerProgram, Status: http.StatusOK}
	for _, address := range append(links(m), imagesOf(m)...) {
		if !s.leadsHome(address) {
			continue
		}
		for _, method := range []string{http.MethodHead, http.MethodGet} {
			seen := s.visit(ctx, method, address, scannerAgent, scannerProgram)
			result.Fetched = append(result.Fetched, visit{method, address, seen.Status})
			if seen.Status == 0 || seen.Status >= http.StatusInternalServerError {
				result.URL, result.Status, result.Error = seen.URL, seen.Status, seen.Error
			}
		}
	}
	return result
}

// own returns the first address below the product's path.
func (s *Sandbox) own(addresses []string, path string) string {
	for _, address := range addresses {
		if u, err := url.Parse(address); err == nil && strings.Contains(u.Path, path) && s.leadsHome(address) {
			return address
		}
	}
	return ""
}

// leadsHome tells whether an address is the product's, and on this machine.
func (s *Sandbox) leadsHome(address string) bool {
	home, err := url.Parse(*s.webhookBase.Load())
	if err != nil {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Port() == home.Port() &&
		isLoopback(u.Hostname()) && isLoopback(home.Hostname())
}

// imagesOf returns where the images of a mail lie, in order.
func imagesOf(m *Message) []string {
	var found []string
	for _, match := range images.FindAllStringSubmatch(m.HTML, maxLinks) {
		found = append(found, strings.TrimSpace(html.UnescapeString(match[1]+match[2]+match[3])))
	}
	return found
}

// visit makes one request as a customer's program. A POST is the one click.
func (s *Sandbox) visit(ctx context.Context, method, address, agent, program string) *outcome {
	result := &outcome{Provider: program, URL: address}
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader("List-Unsubscribe=One-Click")
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		result.Error = "the link cannot be used: " + err.Error()
		return result
	}
	request.Header.Set("User-Agent", agent)
	if body != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	s.do(request, result)
	return result
}
