package intake_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/intake"
)

// read returns the raw rows, each as a submission.
func read(t *testing.T, file string) []intake.Submission {
	t.Helper()
	c, err := intake.NewCSV(strings.NewReader(file))
	require.NoError(t, err)
	var out []intake.Submission
	for {
		row, err := c.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		require.Empty(t, row.Errors)
		require.Equal(t, len(out)+1, row.Number)
		var s intake.Submission
		require.NoError(t, json.Unmarshal(row.Raw, &s))
		out = append(out, s)
	}
}

func TestDelimitersAndNames(t *testing.T) {
	t.Parallel()
	want := []intake.Submission{{Email: "a@example.com", FirstName: "Ada", Postcode: "1", Channel: "import", Attributes: map[string]any{"größe": "2"}}}
	for name, file := range map[string]string{
		"comma":            "Email,First Name,ZIP,Größe\na@example.com,Ada,1,2\n",
		"semicolon":        "e-mail;firstname;postal-code;attributes.größe\r\na@example.com;Ada;1;2\r\n",
		"tab":              "E-Mail Address\tGIVEN NAME\tzip code\tGröße\na@example.com\tAda\t1\t2",
		"BOM":              "\xef\xbb\xbfemail,first_name,postcode,größe\na@example.com,Ada,1,2\n",
		"quoted names":     "\"email\";\"first_name\";\"postcode\";\"größe\"\n\"a@example.com\";\"Ada\";\"1\";\"2\"\n",
		"delimiter inside": "\"e;m;a\",email,first_name,postcode,größe\n,a@example.com,Ada,1,2\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, read(t, file))
		})
	}
}

// FuzzCSV: whatever is sent, reading ends, and every row that is taken is JSON that PostgreSQL can keep.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"email\na@example.com\n", "email;x\n\"a;\n", "\xef\xbb\xbfphone,\"a\nb\"\n1,2,3\n", "email\n\"", "email,consent.x\na,yes\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := intake.NewCSV(strings.NewReader(string(data)))
		for n := 0; err == nil; n++ {
			require.Less(t, n, len(data)+1)
			var row intake.Row
			if row, err = c.Next(); err == nil {
				require.True(t, json.Valid(row.Raw))
				require.NotContains(t, string(row.Raw), `\u0000`)
			}
		}
		var bad *intake.FileError
		require.True(t, errors.Is(err, io.EOF) || errors.As(err, &bad), "%v", err)
	})
}

func TestAmendKeepsWhatIsNotNamed(t *testing.T) {
	t.Parallel()
	before := intake.Submission{Email: "a@example", Phone: "1", Attributes: map[string]any{"a": "1", "b": "1"}}
	after := before.Amend(intake.Submission{Email: "a@example.com", Attributes: map[string]any{"b": "2"}, Consent: map[string]bool{"email": true}})
	require.Equal(t, intake.Submission{
		Email: "a@example.com", Phone: "1", Attributes: map[string]any{"a": "1", "b": "2"}, Consent: map[string]bool{"email": true},
	}, after)
	require.Equal(t, map[string]any{"a": "1", "b": "1"}, before.Attributes)
	require.Equal(t, []string{"email", "phone", "attributes", "consent"}, after.Fields())
}
