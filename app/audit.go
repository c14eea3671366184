package app

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/perdura/perdura/audit"
)

func (p *program) auditCommand() *cobra.Command {
	parent := &cobra.Command{
		Use: "audit", GroupID: groupCare, Args: cobra.NoArgs,
		Short: "Check that the audit log is what was written",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var expected []string
	verify := &cobra.Command{
		Use: "verify", Args: cobra.NoArgs,
		Short: "Read the whole chain and check every link",
		Long: `Reads the whole audit chain and checks every link. Keep the head that it prints outside the database and hand
it over next time with --head: then a chain that was cut off or written anew is found as well.

Exit code 3 means that the log was changed.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			heads := make([]audit.Head, 0, len(expected))
			for _, text := range expected {
				head, err := parseHead(text)
				if err != nil {
					return misuse(fmt.Sprintf("read --head %q: give it as `perdura audit verify` printed it", text))
				}
				heads = append(heads, head)
			}
			return p.withDatabase(cmd, func(pool *pgxpool.Pool) error {
				report, err := audit.Verify(cmd.Context(), pool, heads...)
				if err != nil {
					return fmt.Errorf("verify the audit log: %w", explainMissingTables(err))
				}
				out := cmd.OutOrStdout()
				fmt.Fprintf(out, "links that hold: %d\nwaiting for the sealer: %d\nhead: %s\n", report.Sealed, report.Unsealed, report.Head)
				if report.Broken != nil {
					return &finding{fmt.Sprintf("the audit log was changed: %s; keep this database as evidence and compare it with a backup", report.Broken)}
				}
				return nil
			})
		},
	}
	verify.Flags().StringArrayVar(&expected, "head", nil, "head that an earlier check printed; may be given several times")
	parent.AddCommand(verify)
	return parent
}

// parseHead reads what audit.Head.String wrote.
func parseHead(text string) (audit.Head, error) {
	seq, hash, _ := strings.Cut(strings.TrimSpace(text), ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	if err != nil {
		return audit.Head{}, err
	}
	sum, err := hex.DecodeString(hash)
	return audit.Head{Seq: n, Hash: sum}, err
}
