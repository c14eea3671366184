package tracking_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/feedback"
	"github.com/perdura/perdura/tracking"
)

const (
	browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
	phone   = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
)

func TestMachinesAreToldFromPeople(t *testing.T) {
	t.Parallel()
	type hit struct {
		method, agent string
		header        [2]string
		since         time.Duration
		other         bool
	}
	for name, tc := range map[string]struct {
		hit         hit
		open, click string
	}{
		"a person":                    {hit{agent: browser, since: time.Minute}, "", ""},
		"a person, hand-over unknown": {hit{agent: phone, since: -1}, "", ""},
		"asks only whether it works":  {hit{method: http.MethodHead, agent: browser, since: time.Hour}, feedback.Scanner, feedback.Scanner},
		"no name":                     {hit{since: time.Hour}, feedback.Scanner, feedback.Scanner},
		"at once":                     {hit{agent: phone, since: tracking.Instant - 1}, "", feedback.Scanner},
		"just read":                   {hit{agent: phone, since: tracking.Instant}, "", ""},
		"another link a moment ago":   {hit{agent: browser, since: time.Hour, other: true}, "", feedback.Scanner},
		"Apple's privacy protection":  {hit{agent: "Mozilla/5.0", since: time.Hour}, feedback.MachineOpen, ""},
		"Gmail's proxy":               {hit{agent: "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", since: time.Hour}, feedback.MachineOpen, ""},
		"Yahoo's proxy":               {hit{agent: "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", since: time.Hour}, feedback.MachineOpen, ""},
		"a gateway by its name":       {hit{agent: "Mozilla/5.0 Barracuda Sentinel (EE)", since: time.Hour}, feedback.Scanner, feedback.Scanner},
		"a program":                   {hit{agent: "Python-Requests/2.31", since: time.Hour}, feedback.Scanner, feedback.Scanner},
		"a link preview":              {hit{agent: "WhatsApp/2.23", since: time.Hour}, feedback.Scanner, feedback.Scanner},
		"loads ahead":                 {hit{agent: browser, header: [2]string{"Sec-Purpose", "prefetch;prerender"}, since: time.Hour}, feedback.Scanner, feedback.Scanner},
		"loads ahead, the old way":    {hit{agent: browser, header: [2]string{"X-Moz", "Prefetch"}, since: time.Hour}, feedback.Scanner, feedback.Scanner},
		"another purpose":             {hit{agent: browser, header: [2]string{"Purpose", "reading"}, since: time.Hour}, "", ""},
	} {
		h := tracking.Hit{Method: http.MethodGet, Header: http.Header{}, Since: tc.hit.since, OtherLink: tc.hit.other}
		if tc.hit.method != "" {
			h.Method = tc.hit.method
		}
		if tc.hit.agent != "" {
			h.Header.Set("User-Agent", tc.hit.agent)
		}
		if tc.hit.header[0] != "" {
			h.Header.Set(tc.hit.header[0], tc.hit.header[1])
		}
		h.Kind = feedback.Opened
		require.Equal(t, tc.open, tracking.Machine(h), "%s: open", name)
		h.Kind = feedback.Clicked
		require.Equal(t, tc.click, tracking.Machine(h), "%s: click", name)
	}
}
