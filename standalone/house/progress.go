package house

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// progress writes one line for each part that starts or stops: its name at once, the rest when it is done.
type progress struct {
	mu   sync.Mutex
	out  io.Writer
	open string // the name whose line is unfinished
}

// begin names what is being done; the returned function finishes the line.
func (p *progress) begin(name string) func(outcome string) {
	started := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "%s … ", name)
	p.open = name
	return func(outcome string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.open != name { // a remark came between
			fmt.Fprintf(p.out, "%s … ", name)
		}
		fmt.Fprintf(p.out, "%s (%s)\n", outcome, seconds(time.Since(started)))
		p.open = ""
	}
}

// fail finishes an unfinished line, if there is one; the error itself is printed once, at the end.
func (p *progress) fail() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open != "" {
		fmt.Fprintln(p.out, "failed")
		p.open = ""
	}
}

// say writes a remark on a line of its own.
func (p *progress) say(remark string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open != "" {
		fmt.Fprintln(p.out)
		p.open = ""
	}
	fmt.Fprintf(p.out, "  %s\n", strings.TrimSpace(remark))
}

func seconds(elapsed time.Duration) string { return fmt.Sprintf("%.1f s", elapsed.Seconds()) }
