package house

import (
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// Addresses say where everything is. They are written as JSON to the addresses file, which holds secrets and is
// readable by its owner only.
type Addresses struct {
	PID     int    `json:"pid"`
	DataDir string `json:"data_dir"`
	// API, Docs, TemporalUI and Outbox are URLs; Temporal and SMTP are host:port.
	API        string `json:"api"`
	Docs       string `json:"docs"`
	Temporal   string `json:"temporal"`
	TemporalUI string `json:"temporal_ui"`
	Outbox     string `json:"outbox"`
	SMTP       string `json:"smtp"`
	// Namespace is Temporal's.
	Namespace string `json:"namespace"`
	// DatabaseURL is Perdura's database, password included.
	DatabaseURL string `json:"database_url"`
	Secrets
}

// Setting is what a part that is built elsewhere gets to know.
type Setting struct {
	Addresses
	// Parts are those raised in this process.
	Parts []Part
	// ClockSpeed is how many seconds of business time pass in one real second.
	ClockSpeed float64
}

// Runs reports whether part is raised in this process.
func (s Setting) Runs(part Part) bool { return slices.Contains(s.Parts, part) }

// APIListen and OutboxListen are the host:port of the URLs API and Outbox.
func (a Addresses) APIListen() string    { return strings.TrimPrefix(a.API, "http://") }
func (a Addresses) OutboxListen() string { return strings.TrimPrefix(a.Outbox, "http://") }

// SandboxDir is where the sandbox keeps its messages.
func (a Addresses) SandboxDir() string { return filepath.Join(a.DataDir, "sandbox") }

// print writes the summary of a complete start.
func (a Addresses) print(out io.Writer, parts []Part, file string) {
	line := func(part Part, name, value string) {
		if slices.Contains(parts, part) {
			fmt.Fprintf(out, "  %-12s %s\n", name, value)
		}
	}
	fmt.Fprintln(out)
	line(API, "API", a.API)
	line(API, "API docs", a.Docs)
	line(UI, "Temporal UI", a.TemporalUI)
	line(Sandbox, "Outbox", a.Outbox+"   (mail and text messages that were sent)")
	line(Postgres, "Database", hidePassword(a.DatabaseURL)+"   (with its password in "+file+")")
	line(Temporal, "Temporal", a.Temporal+", namespace "+a.Namespace)
	fmt.Fprintf(out, "  %-12s %s\n", "Data", a.DataDir+"   (logs in "+filepath.Join(a.DataDir, "logs")+")")
	line(API, "API key", a.APIKey)
	if slices.Contains(parts, API) {
		fmt.Fprintf(out, firstLead, a.API, a.APIKey)
	}
	fmt.Fprint(out, "\nCtrl-C stops everything; the data stays.\n")
}

// firstLead is a call that works as pasted.
const firstLead = `
Send a first lead:
  curl -s %s/v1/leads -H 'Authorization: Bearer %s' \
    -H 'Content-Type: application/json' -H 'Prefer: wait=5' \
    -d '{"email": "ada@example.org", "first_name": "Ada", "company": "Example Ltd", "source": "website", "channel": "form", "message": "Please send me a quote."}'
`

func hidePassword(location string) string {
	parsed, err := url.Parse(location)
	if err != nil {
		return "(as configured)"
	}
	if _, has := parsed.User.Password(); has {
		parsed.User = url.User(parsed.User.Username())
	}
	return parsed.String()
}
