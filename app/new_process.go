package app

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/perdura/perdura/app/scaffold"
)

func (p *program) newProcessCommand() *cobra.Command {
	request := scaffold.Request{From: "."}
	cmd := &cobra.Command{
		Use: "new-process NAME", GroupID: groupDesign, Args: cobra.ExactArgs(1),
		Short: "Write the package of a new process and its line in the registration table",
		Long: `Writes a package that compiles and whose paths are explored, and registers it. NAME is lower-case words
joined by hyphens, and stays for good once runs exist. Works in any Go module that uses Perdura: the table
is the file with the line
  ` + scaffold.Marker,
		Example: "  perdura new-process contract-renewal",
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Name = args[0]
			if _, exists := p.table.Lookup(request.Name); exists {
				return misuse(fmt.Sprintf("make process %q: this binary has a process of that name; choose another", request.Name))
			}
			w, err := scaffold.Write(request)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			for _, f := range w.Files {
				fmt.Fprintf(out, "wrote  %s\n", f)
			}
			if w.Table != "" {
				fmt.Fprintf(out, "edited %s\n", w.Table)
			} else {
				fmt.Fprintf(out, "\nNo file of the module has the line %q.\nAdd %s.Process (import %q) to your table: worker.Standard().With(%[2]s.Process).\n",
					scaffold.Marker, w.Package, w.Import)
			}
			fmt.Fprintf(out, "\nNext: say what it does in %s, write it in %s, and run\n  go test ./%s/\n",
				w.Files[0], w.Files[1], filepath.ToSlash(filepath.Dir(w.Files[0])))
			return nil
		},
	}
	cmd.Flags().StringVar(&request.Dir, "dir", "workflows", "folder for process packages, relative to the module's root")
	cmd.Flags().StringVar(&request.Table, "table", "", "file that registers processes (found by its marker when not given)")
	return cmd
}
