package app

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/audit"
)

// byCommandLine is who changes things through this program.
var byCommandLine = audit.Record{ActorKind: audit.System, ActorID: "cli"}

func (p *program) keysCommand() *cobra.Command {
	keys := &cobra.Command{
		Use: "keys", GroupID: groupCare, Args: cobra.NoArgs,
		Short: "Create, list and revoke API keys",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	keys.AddCommand(p.createKeyCommand(), p.listKeysCommand(), p.revokeKeyCommand())
	return keys
}

func (p *program) createKeyCommand() *cobra.Command {
	var name, expires, user string
	var scopes []string
	cmd := &cobra.Command{
		Use: "create --name NAME --scopes SCOPE,…", Args: cobra.NoArgs,
		Short:   "Make a key and print it, once: nobody can read it again",
		Long:    "Makes a key and prints it on a line of its own; what else there is to say goes to standard error.\n\nScopes: " + scopeNames() + ".",
		Example: "  perdura keys create --name website --scopes leads:write,leads:read --expires 365d",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name == "" || len(scopes) == 0 {
				return misuse("make a key: give --name and --scopes; `perdura keys create --help` lists the scopes")
			}
			return p.withKeys(cmd, func(keys *access.Keys, now time.Time) error {
				until, err := expiry(expires, now)
				if err != nil {
					return err
				}
				key, secret, err := keys.CreateFor(cmd.Context(), byCommandLine, user, name, scopes, until)
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "key %s (%s), valid %s; it is shown this once:\n", key.ID, key.Name, validity(key.ExpiresAt))
				_, err = fmt.Fprintln(cmd.OutOrStdout(), secret)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "who or what will use the key (required)")
	cmd.Flags().StringSliceVar(&scopes, "scopes", nil, "what the key may do, separated by commas (required); '*' is everything")
	cmd.Flags().StringVar(&user, "user", "", "e-mail address or id of the user who will decide with the key; a program's key has none")
	cmd.Flags().StringVar(&expires, "expires", "365d", "lifetime such as 90d or 12h, a date such as 2027-01-31, or never")
	return cmd
}

func (p *program) listKeysCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Args: cobra.NoArgs,
		Short: "List all keys, without their secrets",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withKeys(cmd, func(keys *access.Keys, now time.Time) error {
				all, err := keys.List(cmd.Context())
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "ID\tNAME\tUSER\tSCOPES\tCREATED\tSTATE")
				for _, k := range all {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, cmp.Or(k.UserEmail, "-"), strings.Join(k.Scopes, ","), k.CreatedAt.UTC().Format(time.DateOnly), keyState(k, now))
				}
				return w.Flush()
			})
		},
	}
}

func (p *program) revokeKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Args: cobra.ExactArgs(1),
		Short:   "End a key for good; running processes refuse it within seconds",
		Example: "  perdura keys revoke 0197c1a2-7c3e-7d61-8a54-0d2b5f6c7e80",
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := uuid.Parse(args[0])
			if err != nil {
				return misuse(fmt.Sprintf("revoke key %q: an id is a UUID; `perdura keys list` shows them", args[0]))
			}
			return p.withKeys(cmd, func(keys *access.Keys, _ time.Time) error {
				if err := keys.Revoke(cmd.Context(), byCommandLine, id); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "key %s is revoked\n", id)
				return err
			})
		},
	}
}

// withKeys connects and calls fn with the keys and the business time of now.
func (p *program) withKeys(cmd *cobra.Command, fn func(keys *access.Keys, now time.Time) error) error {
	return p.withDatabase(cmd, func(pool *pgxpool.Pool) error {
		clk, err := keptClock(cmd.Context(), pool)
		if err != nil {
			return err
		}
		return fn(access.NewKeys(pool, clk), clk.Now())
	})
}

// expiry reads a lifetime, a date (its end, UTC) or "never", which is the zero time.
func expiry(text string, now time.Time) (time.Time, error) {
	if text == "never" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	var days int
	if n, err := fmt.Sscanf(text, "%dd", &days); n == 1 && err == nil && fmt.Sprintf("%dd", days) == text && days > 0 {
		return now.AddDate(0, 0, days), nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(d), nil
	}
	return time.Time{}, misuse(fmt.Sprintf("read --expires %q: give a lifetime such as 90d or 12h, a date such as 2027-01-31, or never", text))
}

func validity(expires *time.Time) string {
	if expires == nil {
		return "until revoked"
	}
	return "until " + expires.UTC().Format(time.RFC3339)
}

func keyState(k access.Key, now time.Time) string {
	switch {
	case k.RevokedAt != nil:
		return "revoked " + k.RevokedAt.UTC().Format(time.DateOnly)
	case k.ExpiresAt != nil && !now.Before(*k.ExpiresAt):
		return "expired " + k.ExpiresAt.UTC().Format(time.DateOnly)
	default:
		return "valid " + validity(k.ExpiresAt)
	}
}

func scopeNames() string {
	var names []string
	for _, s := range access.Scopes() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}
