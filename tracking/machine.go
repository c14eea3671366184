package tracking

import (
	"net/http"
	"strings"
	"time"

	"github.com/perdura/perdura/feedback"
)

// Instant is the real time within which nobody can have read a mail: a click that follows the hand-over so closely, or
// another link of the same message that is followed so closely after the first, was made by a machine.
const Instant = 2 * time.Second

// Hit is a request for a tracking link.
type Hit struct {
	Method string
	Header http.Header
	Kind   feedback.Kind // Opened or Clicked
	// Since is how long ago, in real time, the message was handed to its provider; negative when that is not known.
	Since time.Duration
	// OtherLink says that another link of the message was followed within Instant before this one.
	OtherLink bool
}

// Machine returns why a hit was not made by a person: feedback.Scanner, feedback.MachineOpen, or "" when nothing speaks
// against a person. The rules, and why:
//
//   - HEAD asks whether a link works; mail programs and browsers follow links with GET.
//   - Purpose and Sec-Purpose: prefetch (and X-Moz) say that a browser loads ahead of the person.
//   - Scanners of mail gateways and link previews of chat programs name themselves in User-Agent; a request without one
//     is no browser's.
//   - A click within two seconds of the hand-over comes before a person can have read the mail; gateways follow links
//     on arrival. Images are not judged by that: a mail may well be opened at once, on a phone in the hand.
//   - Several distinct links of one message within two seconds: gateways follow all of them. The first of them is not
//     recognisable by this rule and counts, unless another rule meets it.
//   - Apple's Mail Privacy Protection loads every image of every mail, as "Mozilla/5.0" and nothing more. The image
//     proxies of Gmail and Yahoo load ahead or later than the person and hide who asks. Their opens are kept as
//     machine opens: an open that may be a machine's proves nothing. A click implies the open.
func Machine(h Hit) string {
	if h.Method == http.MethodHead {
		return feedback.Scanner
	}
	for _, name := range []string{"Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"} {
		v := strings.ToLower(h.Header.Get(name))
		if strings.Contains(v, "prefetch") || strings.Contains(v, "preview") || strings.Contains(v, "prerender") {
			return feedback.Scanner
		}
	}
	if h.Header.Get("User-Agent") == "" {
		return feedback.Scanner
	}
	if reason := Agent(h.Kind, h.Header.Get("User-Agent")); reason != "" {
		return reason
	}
	if h.Kind == feedback.Clicked && ((h.Since >= 0 && h.Since < Instant) || h.OtherLink) {
		return feedback.Scanner
	}
	return ""
}

// scanners are parts of the names by which scanners, previewers and programs make themselves known, in lower case.
var scanners = []string{
	"bot/", "bot;", "bot)", "crawler", "spider", "scanner", "preview", "safelinks", "proofpoint", "mimecast", "barracuda", "urldefense",
	"trendmicro", "symantec", "messagelabs", "forcepoint", "ironport", "fireeye", "sophos", "zscaler", "cloudmark", "urlscan",
	"virustotal", "microsoft office existence discovery", "ms-office", "skypeuripreview", "facebookexternalhit", "whatsapp",
	"slack-img", "telegram", "headlesschrome", "phantomjs", "python-requests", "python-urllib", "aiohttp", "go-http-client",
	"curl/", "wget/", "libwww-perl", "java/", "okhttp", "apache-httpclient", "node-fetch", "axios/", "guzzlehttp",
}

// proxies are parts of the names of image proxies, in lower case.
var proxies = []string{"googleimageproxy", "ggpht.com", "yahoomailproxy", "edge/12.246 mozilla/5.0"}

// Agent returns why a hit with this User-Agent was not made by a person; "" when nothing speaks against one. It also
// judges the opens and clicks that providers report.
func Agent(kind feedback.Kind, agent string) string {
	agent = strings.ToLower(strings.TrimSpace(agent))
	if kind == feedback.Opened {
		if agent == "mozilla/5.0" {
			return feedback.MachineOpen
		}
		for _, p := range proxies {
			if strings.Contains(agent, p) {
				return feedback.MachineOpen
			}
		}
	}
	for _, s := range scanners {
		if strings.Contains(agent, s) {
			return feedback.Scanner
		}
	}
	return ""
}
