package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"

	"github.com/perdura/perdura/evidence"
)

// prove downloads every contract in force with its evidence, and checks them as `perdura verify` does: with the public key
// and nothing else. Then one byte is changed, and it must be noticed.
func (t *team) prove(ctx context.Context, b *books) error {
	published, err := get[struct {
		Keys []evidence.PublicKey `json:"keys"`
	}](ctx, t.house, "/v1/evidence/keys")
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(t.options.seed, 2))
	fmt.Println("\nThe evidence, checked with the public key alone:")
	for _, d := range t.deals {
		for _, c := range b.contracts[d.id] {
			if c.State != "in-force" {
				continue
			}
			pdf, err := t.download(ctx, c, "pdf")
			if err != nil {
				return err
			}
			raw, err := t.download(ctx, c, "evidence")
			if err != nil {
				return err
			}
			bundle, err := evidence.Verify(raw, published.Keys)
			b.must(err == nil, "%s: the evidence does not hold: %v", d.company, err)
			b.must(bytes.Equal(bundle.Document.Bytes, pdf) && bundle.Document.SHA256.String() == c.SHA256, "%s: the evidence is about another document", d.company)
			b.must(len(bundle.Anchor) == 1, "%s: the evidence is not in the log", d.company)

			forged := slices.Clone(raw)
			at := random.IntN(len(forged))
			forged[at] ^= 1
			_, err = evidence.Verify(forged, published.Keys)
			var noticed *evidence.Finding
			b.must(errors.As(err, &noticed), "%s: a change of byte %d goes unnoticed: %v", d.company, at, err)
			fmt.Printf("  %-12s %d records hold; with byte %d changed: %.90s\n", d.company, len(bundle.Records), at, err)
		}
	}
	return nil
}

func (t *team) download(ctx context.Context, c contract, what string) ([]byte, error) {
	answer, err := t.house.call(ctx, t.house.APIKey, http.MethodGet, "/v1/contracts/"+c.ID+"/"+what, nil)
	if err == nil && answer.Status != http.StatusOK {
		err = fmt.Errorf("download the %s of a contract: %d %s", what, answer.Status, answer.Body)
	}
	return answer.Body, err
}
