package app

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/perdura/perdura/evidence"
	"github.com/perdura/perdura/evidence/anchor"
)

func (p *program) verifyCommand() *cobra.Command {
	var key, log string
	cmd := &cobra.Command{
		Use: "verify BUNDLE --key PUBLIC|FILE", GroupID: groupCare, Args: cobra.ExactArgs(1),
		Short: "Check the evidence of a signed contract, without database or network",
		Long: `Checks a bundle of evidence (GET /v1/contracts/{id}/evidence) against our public key and tells what was signed, when
and by whom, as they stated it. --key is a public key in base64, or a file with one or with the answer of
GET /v1/evidence/keys. With --log, the proof is held against a copy of the log of evidence, too.

Exit code 3 means that the evidence does not hold; the message says what does not fit.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			keys, err := publicKeys(key)
			if err != nil {
				return misuse(err.Error())
			}
			raw, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("read the bundle: %w", err)
			}
			bundle, err := evidence.Verify(raw, keys)
			if err == nil && log != "" {
				err = checkLog(bundle, anchor.NewFile(log, time.Now))
			}
			var broken *evidence.Finding
			if errors.As(err, &broken) {
				return &finding{"the evidence does not hold: " + broken.Error()}
			}
			if err != nil {
				return err
			}
			tellBundle(cmd.OutOrStdout(), bundle)
			return nil
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "public key in base64, or a file with one")
	cmd.Flags().StringVar(&log, "log", "", "copy of the log of evidence")
	return cmd
}

// publicKeys reads keys: one in base64, or a file with one or with what the API publishes.
func publicKeys(text string) ([]evidence.PublicKey, error) {
	if text == "" {
		return nil, errors.New("give --key: a public key that you got from us by another way than the bundle")
	}
	if raw, err := os.ReadFile(text); err == nil {
		text = strings.TrimSpace(string(raw))
	}
	var published struct{ Keys []evidence.PublicKey }
	if json.Unmarshal([]byte(text), &published) == nil && len(published.Keys) > 0 {
		return published.Keys, nil
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != 32 {
		return nil, errors.New("read --key: it is neither a public key (32 bytes in base64) nor a file with one: take it from GET /v1/evidence/keys")
	}
	return []evidence.PublicKey{{Key: key}}, nil
}

// checkLog holds the roots of the proofs against a copy of the log.
func checkLog(b evidence.Bundle, log *anchor.File) error {
	if len(b.Anchor) == 0 {
		return &evidence.Finding{What: "there is no proof of a log"}
	}
	for _, proof := range b.Anchor {
		root, err := log.Root(proof.Size)
		if err != nil {
			return err
		}
		if root != proof.Root {
			return &evidence.Finding{Record: proof.Records, What: "the log does not have the root that the proof leads to"}
		}
	}
	return nil
}

// tellBundle says what the evidence proves, step by step.
func tellBundle(out io.Writer, b evidence.Bundle) {
	fmt.Fprintf(out, "The evidence holds.\ncontract:  %s\ndocument:  %s, %d bytes, SHA-256 %s\nreceipt:   key %s, of %s\n",
		b.ContractID, b.Document.MediaType, len(b.Document.Bytes), b.Document.SHA256, b.Receipt.KeyID, b.Receipt.IssuedAt.Format(time.RFC3339))
	for _, proof := range b.Anchor {
		fmt.Fprintf(out, "log:       %q, entry %d of %d, of %s, covers records 1 to %d\n", proof.Log, proof.Index+1, proof.Size, proof.At.Format(time.RFC3339), proof.Records)
	}
	fmt.Fprintln(out)
	for _, r := range b.Records {
		fmt.Fprintf(out, "%2d  %s  %s\n", r.Position, r.At.Format(time.RFC3339), r.Kind)
		for _, name := range slices.Sorted(maps.Keys(r.Payload)) {
			fmt.Fprintf(out, "      %s: %q\n", name, r.Payload[name])
		}
	}
}
