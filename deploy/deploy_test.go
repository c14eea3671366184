// Package deploy_test holds what stands in this folder against what the programs tell.
package deploy_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	declared = regexp.MustCompile(`"(perdura_[a-z_]+)"`)
	used     = regexp.MustCompile(`\bperdura_[a-z_]+`)
	alert    = regexp.MustCompile(`(?m)^\s+- alert: (\w+)$`)
	suffix   = regexp.MustCompile(`_(total|bucket|count|sum)$`)
)

// instruments are the names of all metrics in the code, as Prometheus shows them without suffix, and whether they are there.
func instruments(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, line := range strings.Split(string(code), "\n") {
			for _, m := range declared.FindAllStringSubmatch(line, -1) {
				names[m[1]] = true
				if strings.Contains(line, `WithUnit("s")`) {
					names[m[1]+"_seconds"] = true
				}
			}
		}
		return err
	}))
	require.Greater(t, len(names), 10)
	return names
}

func TestAlertsAndDashboardsAskForMetricsThatExist(t *testing.T) {
	t.Parallel()
	names := instruments(t)
	for _, file := range []string{"prometheus/alerts.yaml", "prometheus/alerts.test.yaml", "grafana/perdura.json"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range used.FindAllString(string(text), -1) {
			require.True(t, names[name] || names[suffix.ReplaceAllString(name, "")], "%s asks for %s, which nobody tells", file, name)
		}
	}
}

func TestEveryAlertHasARunbook(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadFile("prometheus/alerts.yaml")
	require.NoError(t, err)
	runbooks, err := os.ReadFile("../docs/runbooks.md")
	require.NoError(t, err)
	alerts := alert.FindAllStringSubmatch(string(rules), -1)
	require.NotEmpty(t, alerts)
	for _, a := range alerts {
		require.Contains(t, string(rules), "docs/runbooks.md#"+strings.ToLower(a[1])+"\n")
		require.Contains(t, string(runbooks), "\n## "+a[1]+"\n")
	}
	require.Equal(t, len(alerts), strings.Count(string(runbooks), "\n## Perdura"), "no runbook without an alert")
}

func TestTheDashboardIsWhole(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("grafana/perdura.json")
	require.NoError(t, err)
	var dashboard struct {
		Title  string
		Panels []struct {
			ID          int
			Title, Type string
			GridPos     struct{ X, Y, W, H int }
			Targets     []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	seen := map[int]bool{}
	taken := map[[2]int]string{}
	for _, p := range dashboard.Panels {
		require.False(t, seen[p.ID], "two panels have the id %d", p.ID)
		seen[p.ID] = true
		require.NotEmpty(t, p.Title)
		if p.Type != "row" {
			require.NotEmpty(t, p.Targets, p.Title)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				require.Empty(t, taken[[2]int{x, y}], "%s lies over another panel", p.Title)
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}
