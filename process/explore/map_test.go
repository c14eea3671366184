package explore_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/perdura/perdura/process"
	"github.com/perdura/perdura/process/explore"
)

var update = flag.Bool("update", false, "write the golden files anew; look at the difference before you commit it")

func TestGoldenMaps(t *testing.T) {
	t.Parallel()
	for _, def := range []process.Definition{reminders, order} {
		r, err := explore.Run(def)
		require.NoError(t, err)
		golden(t, def.Describe().Name+".mmd", r.Graph.Mermaid())
		golden(t, def.Describe().Name+".md", r.Graph.Procedure())
		again, err := explore.Run(def)
		require.NoError(t, err)
		require.Equal(t, r.Graph, again.Graph, "the same code gives the same map")
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run go test with -update to write it")
	require.Equal(t, string(want), got)
}

// awkward has words that would break a map that does not escape them.
var awkward = newProcess("awkward", func(ctx workflow.Context, in input) (result, error) {
	if _, err := process.Do(ctx, `Say "no]" to <script>alert(1)</script> & {others}`, record, in.ID); err != nil {
		return result{}, err
	}
	if _, err := process.Do(ctx, "end", record, in.ID); err != nil {
		return result{}, err
	}
	answered.Await(ctx, "Fragt „Grüße“ 承認 | `x` #1; C:\\temp", process.For(90*time.Minute))
	return end(process.Decide(ctx, "", "a_b*c", "a_b*c"))
}, process.Receives(answered), process.Ends("a_b*c"), process.Purpose(`Tries "all" <b>marks</b> & signs.`))

func TestWordsAreEscaped(t *testing.T) {
	t.Parallel()
	r, err := explore.Run(awkward)
	require.NoError(t, err)
	m := r.Graph.Mermaid()
	id := regexp.MustCompile(`^  +[a-z0-9_]+([\[{(]|$)`)
	for line := range strings.Lines(m) {
		line = strings.TrimRight(line, "\n")
		require.Zero(t, strings.Count(line, `"`)%2, "quotes pair up: %s", line)
		if strings.Contains(line, `["`) || strings.Contains(line, `{"`) {
			require.Regexp(t, id, line)
		}
	}
	require.NotContains(t, m, "<script>")
	require.Contains(t, m, "#34;no#93;#34;")
	require.Contains(t, m, "Grüße", "letters of other languages stay as they are")
	require.Contains(t, m, "承認")

	svg, err := r.Graph.SVG()
	require.NoError(t, err)
	require.NotContains(t, string(svg), "<script")
	require.Contains(t, string(svg), "&lt;script&gt;")

	md := r.Graph.Procedure()
	require.NotContains(t, md, "<script>alert")
	require.Contains(t, md, `a\_b\*c`)
	require.Contains(t, md, "waits up to 1 h 30 min")
}

func TestIDsStayWhenTheProcessGrows(t *testing.T) {
	t.Parallel()
	grown := func(more bool) *explore.Graph {
		r, err := explore.Run(newProcess("grows", func(ctx workflow.Context, in input) (result, error) {
			if more {
				_, _ = process.Do(ctx, "Look first", record, in.ID)
			}
			_, err := process.Do(ctx, "Ask", ask, in.ID)
			return result{"done"}, err
		}, process.Ends("done")))
		require.NoError(t, err)
		return r.Graph
	}
	before, after := grown(false), grown(true)
	for _, n := range before.Nodes {
		require.NotNil(t, after.Node(n.ID), n.Label)
	}
	require.Len(t, after.Nodes, len(before.Nodes)+1)
}

func TestFailuresAreFoldedButNotCompensation(t *testing.T) {
	t.Parallel()
	r, err := explore.Run(reminders)
	require.NoError(t, err)
	folded, whole := r.Graph.Mermaid(), r.Graph.Mermaid(explore.Everything())
	require.NotContains(t, folded, `"failed"`)
	require.NotContains(t, folded, `"cancelled"`)
	require.Contains(t, whole, `-.->|"failed"|`)
	require.Contains(t, whole, `-.->|"cancelled"|`)

	r, err = explore.Run(order)
	require.NoError(t, err)
	require.Contains(t, r.Graph.Mermaid(), `-.->|"cancelled"| step_release_the_goods`, "what a cancellation undoes is shown")

	r, err = explore.Run(newProcess("declares-it", func(ctx workflow.Context, in input) (result, error) {
		if _, ok := stopped.Await(ctx, "Somebody stops it", process.Forever()); !ok {
			return end("cancelled")
		}
		return end("stopped")
	}, process.Receives(stopped), process.Ends("stopped", "cancelled")))
	require.NoError(t, err)
	require.Contains(t, r.Graph.Mermaid(), `"cancelled"`, "a declared ending is never folded away")
}

func TestSVGIsAccessibleAndInert(t *testing.T) {
	t.Parallel()
	for _, def := range []process.Definition{reminders, order, awkward} {
		r, err := explore.Run(def)
		require.NoError(t, err)
		svg, err := r.Graph.SVG()
		require.NoError(t, err)
		var elements []string
		dec := xml.NewDecoder(bytes.NewReader(svg))
		for {
			tok, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			el, ok := tok.(xml.StartElement)
			if !ok {
				continue
			}
			elements = append(elements, el.Name.Local)
			for _, a := range el.Attr {
				require.False(t, strings.HasPrefix(a.Name.Local, "on"), "no script may hide in %s", a.Name.Local)
				require.NotContains(t, a.Value, "NaN")
			}
		}
		for _, allowed := range elements {
			require.Contains(t, []string{"svg", "title", "desc", "defs", "marker", "path", "rect", "g", "text", "circle"}, allowed)
		}
		require.Contains(t, string(svg), `role="img" aria-labelledby="title desc"`)
		require.Contains(t, string(svg), "Map of the process "+def.Describe().Name)
		for _, n := range r.Graph.Nodes {
			if n.Kind == process.PointDecision || n.Kind == process.PointWait {
				require.Contains(t, string(svg), fmt.Sprintf(`<g id="%s">`, n.ID))
			}
		}
	}
}
