package app_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/evidence/anchor"
	"github.com/perdura/perdura/worker"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	dir, noon := t.TempDir(), time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	signer, err := evidence.NewSigner(evidence.Key{ID: "2026a", Seed: [32]byte{1}})
	require.NoError(t, err)
	pdf := []byte("%PDF-1.7")
	issued, err := evidence.Next(0, evidence.Hash{}, "issued", noon, map[string]string{evidence.DocumentHash: evidence.Sum(pdf).String()})
	require.NoError(t, err)
	signed, err := evidence.Next(1, issued.Hash, "signed", noon.Add(time.Hour), map[string]string{"name": "Ada\x1b Example"})
	require.NoError(t, err)
	log := filepath.Join(dir, "log")
	proof, err := anchor.NewFile(log, func() time.Time { return noon }).Submit(t.Context(), signed.Hash)
	require.NoError(t, err)
	proof.Records = 2
	raw, err := signer.Pack(noon, "c-1", pdf, []evidence.Record{issued, signed}, []evidence.Proof{proof})
	require.NoError(t, err)
	bundle, public := file("bundle.json", string(raw)), base64.StdEncoding.EncodeToString(signer.Public()[0].Key)
	published, err := json.Marshal(map[string]any{"keys": signer.Public()})
	require.NoError(t, err)

	for _, key := range []string{public, file("key", public+"\n"), file("keys.json", string(published))} {
		got := perdura(t, worker.Table{}, "verify", bundle, "--key", key, "--log", log)
		require.Equal(t, 0, got.code, got.err)
		for _, said := range []string{"The evidence holds.", "contract:  c-1", evidence.Sum(pdf).String(), "key 2026a", "entry 1 of 1", " 2  2026-03-02T13:00:00Z  signed", `name: "Ada\x1b Example"`} {
			require.Contains(t, got.out, said)
		}
	}
	changed := file("changed.json", strings.Replace(string(raw), "Ada", "Bob", 1))
	got := perdura(t, worker.Table{}, "verify", changed, "--key", public)
	require.Equal(t, 3, got.code)
	require.Contains(t, got.err, "the evidence does not hold: record 2: its content (signed")
	require.Empty(t, got.out)

	other := file("other", "2026-03-02T12:00:00Z "+strings.Repeat("0", 64)+"\n")
	require.Equal(t, 3, perdura(t, worker.Table{}, "verify", bundle, "--key", public, "--log", other).code, "another log")
	require.Equal(t, 2, perdura(t, worker.Table{}, "verify", bundle, "--key", "AAEC").code)
	require.Equal(t, 2, perdura(t, worker.Table{}, "verify", bundle).code)
	require.Equal(t, 1, perdura(t, worker.Table{}, "verify", filepath.Join(dir, "none"), "--key", public).code)
}
