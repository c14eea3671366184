package templates_test

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/provider"
	"github.com/perdura/perdura/gate"
	"github.com/perdura/perdura/templates"
)

func TestTheBuiltInTemplatesPassTheCheck(t *testing.T) {
	t.Parallel()
	_, problems, warnings, err := templates.ReadFiles(os.DirFS("standard"))
	require.NoError(t, err)
	require.Empty(t, problems)
	require.Empty(t, warnings)
}

func TestTheBuiltInTemplatesAreThere(t *testing.T) {
	t.Parallel()
	list, err := templates.Standard()
	require.NoError(t, err)
	four := []string{"de", "en", "es", "fr"}
	want := map[string][]string{"confirm-opt-in": four}
	for _, name := range []string{"invitation", "reminder", "thanks", "detractor", "promoter"} {
		want["survey-"+name] = four
	}
	for _, name := range []string{"invitation", "reminder", "code", "copy"} {
		want["contract-"+name] = four
	}
	for _, name := range []string{"question", "reminder", "clarify", "thanks", "apology", "somebody", "sent-again"} {
		want["arrival-"+name] = four
	}
	for _, name := range []string{"lesson", "standing", "paused", "resumed", "skipped", "help"} {
		want["course-"+name] = four
	}
	for _, name := range []string{"friendly", "firm", "final", "broken-promise", "thanks-part", "thanks", "thanks-more"} {
		want["dunning-"+name] = four
	}
	for _, name := range []string{"confirmed", "moved", "reminder", "cancelled", "no-show"} {
		want["appointment-"+name] = four
	}
	for _, name := range []string{
		"nurture-intro-1", "nurture-intro-2", "nurture-intro-3", "nurture-intro-4", "nurture-technical-1", "nurture-technical-2", "nurture-technical-3",
		"nurture-recycled-1", "nurture-recycled-2", "nurture-recycled-3", "retention-survey", "retention-price", "retention-product",
		"retention-service", "retention-other", "retention-coupon",
	} {
		want[name] = four[:2]
	}
	got := map[string][]string{}
	for _, tmpl := range list {
		var languages []string
		for name := range tmpl.Languages {
			languages = append(languages, name)
		}
		slices.Sort(languages)
		got[tmpl.Name] = languages
		require.Equal(t, "en", tmpl.Fallback, tmpl.Name)
		class := gate.Marketing
		if tmpl.Name == "confirm-opt-in" || strings.HasPrefix(tmpl.Name, "contract-") || strings.HasPrefix(tmpl.Name, "arrival-") ||
			strings.HasPrefix(tmpl.Name, "course-") ||
			strings.HasPrefix(tmpl.Name, "dunning-") ||
			strings.HasPrefix(tmpl.Name, "appointment-") {
			class = gate.Transactional
		}
		require.Equal(t, class, tmpl.Class, tmpl.Name)
		require.Contains(t, tmpl.Channels(), provider.Email, tmpl.Name)
	}
	require.Equal(t, want, got)
}

// The words reach people who did not ask to be shouted at.
func TestTheBuiltInWordsAreCalm(t *testing.T) {
	t.Parallel()
	require.NoError(t, fs.WalkDir(os.DirFS("standard"), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile("standard/" + name)
		require.NotContains(t, strings.ReplaceAll(string(raw), "![", ""), "!", name)
		return err
	}))
}
