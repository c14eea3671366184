package app

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Version is set by the linker in releases (-X …/app.Version=v1.2.3).
var Version string

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", GroupID: groupCare, Args: cobra.NoArgs,
		Short: "Print the version of this binary",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), version())
			return err
		},
	}
}

// version is the release, else the revision that Go stamped, else "devel".
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return cmp.Or(Version, "devel")
	}
	var revision, modified string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " with changes"
		}
	}
	v := cmp.Or(Version, "devel")
	if revision != "" {
		v += " (" + revision + modified + ")"
	}
	return fmt.Sprintf("perdura %s %s", v, info.GoVersion)
}
