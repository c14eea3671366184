package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/perdura/perdura/codec"
)

func TestTheTemporalUIShowsPayloadsToItsOwnPagesOnly(t *testing.T) {
	t.Parallel()
	h := shared(t)
	secret := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`{"lead_id":"seven"}`)}
	encrypted, err := payloadCodec(t, h).Encode([]*commonpb.Payload{secret})
	require.NoError(t, err)
	body, err := protojson.Marshal(&commonpb.Payloads{Payloads: encrypted})
	require.NoError(t, err)
	require.NotContains(t, string(body), "seven")

	page := ask(t, h.at.TemporalUI+"/", http.MethodGet, nil, nil)
	require.Equal(t, http.StatusOK, page.StatusCode)
	cookies := page.Cookies()
	require.NotEmpty(t, cookies, "the page carries no cookie for the codec")
	own := http.Header{"Origin": {h.at.TemporalUI}, "Content-Type": {"application/json"}}
	decode := h.at.TemporalUI + "/codec/decode"

	require.Equal(t, http.StatusUnauthorized, ask(t, decode, http.MethodPost, body, own).StatusCode, "without the cookie")
	foreign := own.Clone()
	foreign.Set("Origin", "http://example.com")
	require.Equal(t, http.StatusForbidden, ask(t, decode, http.MethodPost, body, foreign, cookies...).StatusCode, "from another site")
	require.Equal(t, http.StatusForbidden, ask(t, decode, http.MethodPost, body, http.Header{"Content-Type": {"application/json"}}, cookies...).StatusCode, "from no page")

	answer := ask(t, decode, http.MethodPost, body, own, cookies...)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	var decoded commonpb.Payloads
	require.NoError(t, protojson.Unmarshal(content, &decoded))
	require.JSONEq(t, string(secret.Data), string(decoded.Payloads[0].Data))

	t.Run("its own API is reachable", func(t *testing.T) {
		l := settled(t, h, newPerson().fills("form"))
		found := ask(t, h.at.TemporalUI+"/api/v1/namespaces/"+h.at.Namespace+"/workflows/"+url.PathEscape("lead-capture:"+l.ID), http.MethodGet, nil, nil)
		require.Equal(t, http.StatusOK, found.StatusCode)
		var described struct {
			Info struct {
				Type struct{ Name string } `json:"type"`
			} `json:"workflowExecutionInfo"`
		}
		require.NoError(t, json.NewDecoder(found.Body).Decode(&described))
		require.Equal(t, "lead-capture", described.Info.Type.Name)
	})

	t.Run("the API's codec needs a key of that scope", func(t *testing.T) {
		at := h.at.API + "/codec/decode"
		for name, c := range map[string]struct {
			authorization string
			status        int
		}{
			"none": {"", http.StatusUnauthorized}, "another scope": {"Bearer " + h.key(t, "no codec", "leads:read"), http.StatusForbidden},
			"the scope": {"Bearer " + h.key(t, "codec", "codec:decode"), http.StatusOK},
		} {
			header := http.Header{"Content-Type": {"application/json"}, "Authorization": {c.authorization}}
			require.Equal(t, c.status, ask(t, at, http.MethodPost, body, header).StatusCode, name)
		}
	})
}

// ask makes a request as a browser does, to something that is not Perdura's API.
func ask(t *testing.T, at, method string, body []byte, header http.Header, cookies ...*http.Cookie) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, at, bytes.NewReader(body))
	require.NoError(t, err)
	if header != nil {
		request.Header = header.Clone()
	}
	for _, c := range cookies {
		request.AddCookie(c)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { response.Body.Close() })
	return response
}

// payloadCodec decrypts what the house keeps in Temporal.
func payloadCodec(t *testing.T, h *house) *codec.Codec {
	t.Helper()
	keys, err := codec.ParseKeys(h.at.EncryptionKeys)
	require.NoError(t, err)
	c, err := codec.New(keys)
	require.NoError(t, err)
	return c
}
