package app

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/perdura/perdura/config"
)

// hideSettings keeps the forty settings out of the help of commands that are not about them.
func hideSettings(root *cobra.Command) {
	for _, s := range config.Settings() {
		if f := root.PersistentFlags().Lookup(s.Key); f != nil {
			f.Hidden = true
		}
	}
}

// load reads the settings for a command that needs the given capabilities.
func (p *program) load(cmd *cobra.Command, needs config.Need) (config.Config, error) {
	loaded, err := config.Load(config.Sources{Flags: cmd.Flags()}, needs)
	return loaded.Config, err
}

func (p *program) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "config", GroupID: groupCare, Args: cobra.NoArgs,
		Short: "Print the settings in force and where each comes from; secrets stay hidden",
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := config.Load(config.Sources{Flags: cmd.Flags()},
				config.NeedDatabase|config.NeedEngine|config.NeedWorker)
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "SETTING\tVALUE\tFROM")
			for _, s := range config.Settings() {
				raw, origin := loaded.Raw(s.Key)
				fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, s.Shown(raw), origin)
			}
			if flushErr := w.Flush(); flushErr != nil {
				return flushErr
			}
			return err
		},
	}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		out := cmd.OutOrStdout()
		fmt.Fprintf(out, "%s.\n\nUsage:\n  perdura config [--SETTING VALUE …]\n\nSettings:\n", cmd.Short)
		for _, s := range config.Settings() {
			fmt.Fprintf(out, "  %s  (%s)\n      %s", s.Key, s.Env(), s.Doc)
			if s.Default != "" {
				fmt.Fprintf(out, " Default: %s.", s.Default)
			}
			fmt.Fprintln(out)
		}
	})
	return cmd
}
