package strictjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/api/strictjson"
)

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, field, message string }{
		"empty":            {"", "", "is empty"},
		"blank":            {" \n", "", "is empty"},
		"not JSON":         {"{email}", "", "syntax error"},
		"cut short":        {`{"a":[1,`, "", "ends too early"},
		"trailing":         {`{} {}`, "", "goes on after"},
		"trailing comma":   {`{"a":1,}`, "", "syntax error"},
		"twice":            {`{"a":{"b":1,"b":2}}`, "a.b", "given twice"},
		"twice by escape":  {`{"a":1,"\u0061":2}`, "a", "given twice"},
		"NUL":              {`{"a":["x","\u0000"]}`, "a.1", "NUL"},
		"NUL in a name":    {`{"a":{"\u0000":1}}`, "a", "NUL"},
		"invalid UTF-8":    {"{\"a\":\"\xff\"}", "", "UTF-8"},
		"lone high":        {`{"a":"\ud800"}`, "", "surrogate"},
		"lone low":         {`{"a":"\udc00"}`, "", "surrogate"},
		"high, no low":     {`{"a":"\ud800\u0061"}`, "", "surrogate"},
		"too deep":         {strings.Repeat("[", 33) + strings.Repeat("]", 33), "0", "32 levels"},
		"too deep, object": {strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), "a", "32 levels"},
		"huge number":      {`{"a":1e999}`, "a", "out of range"},
		"tiny number":      {`{"a":1e-999}`, "a", "out of range"},
		"long number":      {`{"a":0.` + strings.Repeat("1", 70) + `}`, "a", "out of range"},
		"single quotes":    {`{'a':1}`, "", "syntax error"},
		"NaN":              {`{"a":NaN}`, "", "syntax error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := strictjson.Decode([]byte(tc.text))
			var e *strictjson.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, tc.field, e.Field)
			require.Contains(t, e.Message, tc.message)
		})
	}
}

func TestDecodeKeepsEveryValue(t *testing.T) {
	t.Parallel()
	text := `{"s":"é\n\\u0000 \ud83d\ude00 \\ud800","n":[0,-1.50,1e3,0.0e-9],"b":true,"z":null,"o":{"":{}}}`
	v, err := strictjson.Decode([]byte(text))
	require.NoError(t, err)
	out, err := json.Marshal(v)
	require.NoError(t, err)
	require.JSONEq(t, text, string(out))
	deepest := strings.Repeat("[", strictjson.MaxDepth) + strings.Repeat("]", strictjson.MaxDepth)
	_, err = strictjson.Decode([]byte(deepest))
	require.NoError(t, err)
}

// FuzzDecode holds Decode to two promises: it never panics, and what it takes encoding/json takes too.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"b",null]}`, `"\ud83d\ude00"`, `{"a":1,"a":2}`, `[[[`, `1e5`, `\`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := strictjson.Decode(data); err == nil {
			require.True(t, json.Valid(data))
		}
	})
}
