package links_test

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/links"
)

func key(b byte) []byte { return bytes.Repeat([]byte{b}, links.MinKey) }

func signer(t *testing.T, keys ...[]byte) *links.Signer {
	t.Helper()
	s, err := links.NewSigner("https://perdura.example.com/", keys...)
	require.NoError(t, err)
	return s
}

var kinds = []links.Kind{
	links.Unsubscribe, links.Preferences, links.OptIn, links.Survey, links.Contract, links.Account, links.Open, links.Click, links.Calendar,
}

func TestALinkTellsWhatItIsAbout(t *testing.T) {
	t.Parallel()
	s := signer(t, key(1))
	for i, kind := range kinds {
		id := uuid.New()
		url := s.URL(kind, id)
		require.Regexp(t, `^https://perdura\.example\.com/`+string(kind)+`/[A-Za-z0-9_-]{48}$`, url)
		got, position, err := s.Read(kind, url[strings.LastIndexByte(url, '/')+1:])
		require.NoError(t, err)
		require.Equal(t, id, got)
		require.Zero(t, position)

		got, position, err = s.Read(kind, s.Token(kind, id, i+1))
		require.NoError(t, err)
		require.Equal(t, id, got)
		require.Equal(t, i+1, position)
	}
	id := uuid.New()
	require.Equal(t, "https://perdura.example.com/l/"+s.Token(links.Click, id, 3), s.ClickURL(id, 3))
}

// A link to look at preferences must not unsubscribe, nor the other way round.
func TestALinkIsOfNoUseForAnotherPurpose(t *testing.T) {
	t.Parallel()
	s := signer(t, key(1))
	for i, made := range kinds {
		token := s.Token(made, uuid.New(), 0)
		for j, used := range kinds {
			if _, _, err := s.Read(used, token); i != j {
				require.ErrorIs(t, err, links.ErrForged, "%s used as %s", made, used)
			}
		}
	}
}

// Keys are rotated by putting a new one in front: what was sent before keeps working until its key is taken away.
func TestRotatedKeys(t *testing.T) {
	t.Parallel()
	id := uuid.New()
	before := signer(t, key(1))
	rotated := signer(t, key(2), key(1))
	after := signer(t, key(2))
	old := before.Token(links.Unsubscribe, id, 0)

	got, _, err := rotated.Read(links.Unsubscribe, old)
	require.NoError(t, err)
	require.Equal(t, id, got)
	_, _, err = after.Read(links.Unsubscribe, old)
	require.ErrorIs(t, err, links.ErrForged)

	fresh := rotated.Token(links.Unsubscribe, id, 0)
	require.Equal(t, after.Token(links.Unsubscribe, id, 0), fresh, "the first key signs")
	_, _, err = before.Read(links.Unsubscribe, fresh)
	require.ErrorIs(t, err, links.ErrForged)
}

// Property: whichever single bit of a token is flipped, it is refused.
func TestAnyFlippedBitIsRefused(t *testing.T) {
	t.Parallel()
	s := signer(t, key(7), key(8))
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		kind := kinds[random.IntN(len(kinds))]
		token := s.Token(kind, uuid.New(), random.IntN(1000))
		raw, err := base64.RawURLEncoding.DecodeString(token)
		require.NoError(t, err)
		for bit := range len(raw) * 8 {
			forged := bytes.Clone(raw)
			forged[bit/8] ^= 1 << (bit % 8)
			_, _, err := s.Read(kind, base64.RawURLEncoding.EncodeToString(forged))
			require.ErrorIs(t, err, links.ErrForged, "bit %d", bit)
		}
	}
}

func TestWhatIsNoTokenIsRefused(t *testing.T) {
	t.Parallel()
	s := signer(t, key(1))
	token := s.Token(links.Survey, uuid.New(), 0)
	for name, forged := range map[string]string{
		"nothing":         "",
		"cut short":       token[:len(token)-4],
		"longer":          token + "AAAA",
		"padded":          token + "=",
		"other alphabet":  strings.Repeat("+", len(token)),
		"line break":      token[:20] + "\n" + token[20:],
		"all zero":        base64.RawURLEncoding.EncodeToString(make([]byte, 36)),
		"another's":       signer(t, key(2)).Token(links.Survey, uuid.New(), 0),
		"an id by itself": uuid.NewString(),
	} {
		_, _, err := s.Read(links.Survey, forged)
		require.ErrorIs(t, err, links.ErrForged, name)
	}
}

func TestAZeroSignerRecognisesNothing(t *testing.T) {
	t.Parallel()
	_, _, err := new(links.Signer).Read(links.Survey, signer(t, key(1)).Token(links.Survey, uuid.New(), 0))
	require.ErrorIs(t, err, links.ErrForged)
}

func TestKeysHaveToBeLongEnough(t *testing.T) {
	t.Parallel()
	_, err := links.NewSigner("https://perdura.example.com")
	require.EqualError(t, err, "links.keys: give at least one key")
	_, err = links.NewSigner("https://perdura.example.com", key(1), key(2)[:31])
	require.EqualError(t, err, "links.keys: key 2 has 31 bytes; give 32 or more")
}

func FuzzRead(f *testing.F) {
	s, err := links.NewSigner("", key(1))
	require.NoError(f, err)
	f.Add(s.Token(links.Click, uuid.New(), 1))
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if id, position, err := s.Read(links.Click, token); err == nil {
			require.Equal(t, token, s.Token(links.Click, id, position), "a token has one spelling")
		}
	})
}

func TestCodesAreWorkedOutFromTheKey(t *testing.T) {
	t.Parallel()
	key, other := []byte(strings.Repeat("k", links.MinKey)), []byte(strings.Repeat("o", links.MinKey))
	one, err := links.NewSigner("https://perdura.example", key, other)
	require.NoError(t, err)
	two, err := links.NewSigner("https://elsewhere.example", other)
	require.NoError(t, err)
	seen := map[string]bool{}
	for range 50 {
		id := uuid.New()
		code := one.Code(id)
		require.Regexp(t, `^[0-9]{6}$`, code)
		require.Equal(t, code, one.Code(id))
		seen[code] = true
		seen[two.Code(id)] = true
	}
	require.Greater(t, len(seen), 95, "another key, another code; another id, another code")
}
