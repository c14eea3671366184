package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// Two people with a copy each, and a third; a blank follows each comma. One copy has
// nothing in common with its original and cannot be found.
const people = `rec_id, given_name, surname, street_number, address_1, suburb, postcode, state, date_of_birth, soc_sec_id
rec-1-org, ada, example, 6, main street, exampleton, 1234, ny, 19840229, 6988048
rec-1-dup-0, ada, exmaple, 6, main stret, exampleton, 1243, ny, 19840229, 6988048
rec-2-org, boris, sample, 9, hill road, sampleville, 5678, ca, 19610203, 7364009
rec-2-dup-0, zoe, zimmer, 1, low lane, elsewhere, 9999, tx, 19991231, 1029384
rec-3-org, clara, works, 2, high street, exampleton, 1234, ny, 19700101, 2635962
`

const companies = `name,addr,city,phone,type,class
"sample's kitchen", "6 main st.", "exampleton", "202/555-0123", "cafe", '0'
"samples kitchen", "6 main street", "exampleton", "202-555-0123", "restaurant", '0'
"zimmer boats", "9 hill rd.", "sampleville", "202/555-0199", "yard", '1'
`

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	return folder
}

func TestEvaluation(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{"people.csv": people, "companies.csv": companies, "plain.csv": "name\nsample\n"})
	var out bytes.Buffer
	require.NoError(t, run([]string{folder, "--keys", "--show", "5"}, &out))
	for _, part := range []string{
		`companies.csv\n  records 3   true pairs 1   candidates 1 .* blocking recall 1\.0000\n  Same +precision 1\.0000   recall 1\.0000   F1 1\.0000`,
		`people.csv\n  records 5   true pairs 2   candidates 1 .* blocking recall 0\.5000\n  Same +precision 1\.0000   recall 0\.5000   F1 0\.6667`,
		`missed: lines 4 and 5, different 0\.0000, never compared`,
		`plain.csv: no column rec_id or class`,
		`time per record`,
		`others in a million`,
	} {
		require.Regexp(t, regexp.MustCompile(part), out.String())
	}
}

func TestHiddenColumnsAreNotUsed(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{"people.csv": `rec_id, given_name, soc_sec_id
rec-1-org, ada, 6988048
rec-1-dup-0, ada, 6988048
`})
	var seen, hidden bytes.Buffer
	require.NoError(t, run([]string{folder}, &seen))
	require.Contains(t, seen.String(), "right 1, wrong 0, missed 0")
	require.NoError(t, run([]string{"--without", "soc_sec_id", folder}, &hidden))
	require.Contains(t, hidden.String(), "right 0, wrong 0, missed 1")
	require.Contains(t, hidden.String(), "people.csv without soc_sec_id")
}

func TestTheTruthIsNotUsed(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{"people.csv": `rec_id, given_name
rec-1-org, ada
rec-1-dup-0, boris
`})
	var out bytes.Buffer
	require.NoError(t, run([]string{folder}, &out))
	require.Contains(t, out.String(), "candidates 0 ")
}

func TestRequiredF1(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{"people.csv": people})
	var out bytes.Buffer
	require.NoError(t, run([]string{folder, "--min-f1", "0.6"}, &out))
	err := run([]string{folder, "--min-f1", "0.95"}, &out)
	require.ErrorIs(t, err, errBelow)
	require.ErrorContains(t, err, "people.csv 0.6667")
}

func TestBackgroundIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{"people.csv": people})
	figures := func() string {
		var out bytes.Buffer
		require.NoError(t, run([]string{folder, "--background", "2000"}, &out))
		return regexp.MustCompile(`time per record.*`).ReplaceAllString(out.String(), "")
	}
	first := figures()
	require.Contains(t, first, "among 2000 other contacts")
	require.Equal(t, first, figures())
}

func TestUnusableInput(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"no folder", nil, "give the folder"},
		{"missing folder", []string{filepath.Join(t.TempDir(), "nowhere")}, "no CSV file found"},
		{"empty folder", []string{t.TempDir()}, "no CSV file found"},
		{"two folders", []string{t.TempDir(), t.TempDir()}, "give one folder"},
		{"no records", []string{write(t, map[string]string{"a.csv": "rec_id\n"})}, "a header line and records"},
		{"ragged lines", []string{write(t, map[string]string{"a.csv": "rec_id,surname\n1\n"})}, "read a.csv as CSV"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := run(test.args, &bytes.Buffer{})
			require.ErrorContains(t, err, test.want)
			require.NotErrorIs(t, err, errBelow)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}
