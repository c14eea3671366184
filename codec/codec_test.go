package codec_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/perdura/perdura/codec"
)

func key(id string, fill byte) codec.Key {
	k := codec.Key{ID: id}
	for i := range k.Secret {
		k.Secret[i] = fill
	}
	return k
}

func newCodec(t *testing.T, keys ...codec.Key) *codec.Codec {
	t.Helper()
	c, err := codec.New(keys)
	require.NoError(t, err)
	return c
}

func TestRoundTripHidesTheText(t *testing.T) {
	t.Parallel()
	dc := codec.DataConverter(newCodec(t, key("2026", 1)))
	sealed, err := dc.ToPayload("ada@example.com")
	require.NoError(t, err)
	require.NotContains(t, sealed.String(), "example.com")
	var plain string
	require.NoError(t, dc.FromPayload(sealed, &plain))
	require.Equal(t, "ada@example.com", plain)

	again, err := dc.ToPayload("ada@example.com")
	require.NoError(t, err)
	require.NotEqual(t, sealed.GetData(), again.GetData(), "equal payloads must not look equal")
}

func TestRotationReadsOldPayloadsAndWritesNewOnes(t *testing.T) {
	t.Parallel()
	old := codec.DataConverter(newCodec(t, key("2025", 1)))
	sealed, err := old.ToPayload("x")
	require.NoError(t, err)

	rotated := newCodec(t, key("2026", 2), key("2025", 1))
	var plain string
	require.NoError(t, codec.DataConverter(rotated).FromPayload(sealed, &plain))
	require.Equal(t, "x", plain)
	fresh, err := codec.DataConverter(rotated).ToPayload("y")
	require.NoError(t, err)
	require.Equal(t, "2026", string(fresh.GetMetadata()["encryption-key-id"]))

	_, err = newCodec(t, key("2026", 2)).Decode([]*commonpb.Payload{sealed})
	require.ErrorContains(t, err, `key "2025" is not configured`)
}

func TestAChangedPayloadIsRefused(t *testing.T) {
	t.Parallel()
	c := newCodec(t, key("a", 1), key("b", 1))
	for name, change := range map[string]func(*commonpb.Payload){
		"a byte":     func(p *commonpb.Payload) { p.Data[len(p.Data)-1] ^= 1 },
		"the key id": func(p *commonpb.Payload) { p.Metadata["encryption-key-id"] = []byte("b") },
		"cut short":  func(p *commonpb.Payload) { p.Data = p.Data[:4] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sealed, err := codec.DataConverter(c).ToPayload("x")
			require.NoError(t, err)
			change(sealed)
			_, err = c.Decode([]*commonpb.Payload{sealed})
			require.ErrorContains(t, err, "decrypt a payload")
		})
	}
}

func TestPlainPayloadsPassThrough(t *testing.T) {
	t.Parallel()
	plain, err := converter.GetDefaultDataConverter().ToPayload("x")
	require.NoError(t, err)
	out, err := newCodec(t, key("a", 1)).Decode([]*commonpb.Payload{plain})
	require.NoError(t, err)
	require.Equal(t, plain, out[0])
}

func TestFailureTextIsEncrypted(t *testing.T) {
	t.Parallel()
	fc := codec.FailureConverter(newCodec(t, key("a", 1)))
	failure := fc.ErrorToFailure(temporal.NewApplicationError("no mailbox for ada@example.com", "Invalid"))
	require.NotContains(t, failure.String(), "mailbox")
	require.ErrorContains(t, fc.FailureToError(failure), "ada@example.com")
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	good := "2026:" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	keys, err := codec.ParseKeys([]string{good})
	require.NoError(t, err)
	require.Equal(t, "2026", keys[0].ID)
	for name, pair := range map[string]string{
		"no id":        ":" + strings.TrimPrefix(good, "2026:"),
		"no separator": "abc",
		"short":        "2026:" + base64.StdEncoding.EncodeToString([]byte("hush")),
		"not base64":   "2026:hush!",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := codec.ParseKeys([]string{pair})
			require.ErrorContains(t, err, "encryption key")
			require.NotContains(t, err.Error(), "hush")
		})
	}
	_, err = codec.New([]codec.Key{key("a", 1), key("a", 2)})
	require.ErrorContains(t, err, "twice")
}

func TestHandlerSpeaksTheRemoteCodecProtocol(t *testing.T) {
	t.Parallel()
	c := newCodec(t, key("a", 1))
	srv := httptest.NewServer(codec.Handler(c))
	t.Cleanup(srv.Close)
	remote := converter.NewRemoteDataConverter(converter.GetDefaultDataConverter(), converter.RemoteDataConverterOptions{Endpoint: srv.URL})
	sealed, err := codec.DataConverter(c).ToPayload("x")
	require.NoError(t, err)
	var plain string
	require.NoError(t, remote.FromPayload(sealed, &plain))
	require.Equal(t, "x", plain)

	res, err := http.Get(srv.URL + "/decode")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.GreaterOrEqual(t, res.StatusCode, 400)
}
