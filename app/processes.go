package app

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func (p *program) processCommand() *cobra.Command {
	parent := &cobra.Command{
		Use: "process", Aliases: []string{"processes"}, GroupID: groupDesign, Args: cobra.NoArgs,
		Short: "List the processes of this binary; print their maps and procedures",
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	parent.AddCommand(p.listProcessesCommand(), p.mapCommand(), p.procedureCommand())
	return parent
}

func (p *program) listProcessesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Args: cobra.NoArgs,
		Short: "List all processes: name, owner, what starts them, what for",
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tOWNER\tSTARTS ON\tPURPOSE")
			for _, def := range p.table.Processes {
				d := def.Describe()
				var starts []string
				for _, t := range d.Triggers {
					if t.Signal == "" {
						starts = append(starts, t.Event)
					}
				}
				if len(starts) == 0 {
					starts = []string{"request"}
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.Name, d.Owner, strings.Join(starts, ", "), d.Purpose)
			}
			return w.Flush()
		},
	}
}

func (p *program) mapCommand() *cobra.Command {
	var svg bool
	cmd := &cobra.Command{
		Use: "map NAME", Args: p.oneProcess,
		Short:             "Explore a process and print its map as a Mermaid flow chart, or as SVG",
		Example:           "  perdura process map lead-capture --svg > lead-capture.svg",
		ValidArgsFunction: p.processNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			maps := NewMaps(p.table)
			if svg {
				picture, err := maps.SVG(args[0])
				if err != nil {
					return err
				}
				_, err = cmd.OutOrStdout().Write(picture)
				return err
			}
			chart, err := maps.Mermaid(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), strings.TrimRight(chart, "\n"))
			return err
		},
	}
	cmd.Flags().BoolVar(&svg, "svg", false, "print SVG")
	return cmd
}

func (p *program) procedureCommand() *cobra.Command {
	return &cobra.Command{
		Use: "procedure NAME", Args: p.oneProcess,
		Short:             "Explore a process and print it as a written procedure (Markdown)",
		ValidArgsFunction: p.processNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := NewMaps(p.table).Procedure(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), strings.TrimRight(text, "\n"))
			return err
		},
	}
}

// oneProcess wants the name of a registered process.
func (p *program) oneProcess(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return misuse(fmt.Sprintf("name one process: perdura process %s NAME; `perdura process list` shows them", cmd.Name()))
	}
	if _, ok := p.table.Lookup(args[0]); !ok {
		return misuse(fmt.Sprintf("there is no process %q; `perdura process list` shows them all", args[0]))
	}
	return nil
}

// processNames completes names on the command line.
func (p *program) processNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, def := range p.table.Processes {
		names = append(names, def.Describe().Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
