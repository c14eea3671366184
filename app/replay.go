package app

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/perdura/perdura/codec"
	"github.com/perdura/perdura/process/replay"
	"github.com/perdura/perdura/worker"
)

func (p *program) replayCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "replay DIR", GroupID: groupDesign, Args: cobra.ExactArgs(1),
		Short: "Replay recorded histories against the code of this binary",
		Long: `Replays every history (*.json, *.json.gz) below DIR, as "temporal workflow show -o json" writes them, against the
code of this binary: what fails here would break runs in flight. With encryption.keys set, encrypted
histories can be read.

Exit code 3 means that a history does not fit the code.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := p.load(cmd, 0)
			if err != nil {
				return err
			}
			replayer := replay.Replayer{Definitions: p.table.Processes}
			if len(cfg.Encryption.Keys) > 0 {
				keys, err := codec.New(cfg.Encryption.Keys)
				if err != nil {
					return err
				}
				replayer.DataConverter = codec.DataConverter(keys)
			}
			n, err := replayer.Dir(args[0])
			if err != nil && n == 0 {
				return err
			}
			if err != nil {
				return &finding{err.Error()}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d histories replay\n", n)
			return err
		},
	}
	cmd.AddCommand(p.recordCommand())
	return cmd
}

func (p *program) recordCommand() *cobra.Command {
	return &cobra.Command{
		Use: "record WORKFLOW-ID FILE", Args: cobra.ExactArgs(2),
		Short: "Write the history of a run to a file (.json or .json.gz), to be replayed later",
		Long: `Writes the history of the latest run with this workflow ID. Payloads stay as they are in Temporal: to keep a
history beside the tests, record it from a house that runs with encryption.off, on test data.`,
		Example: "  perdura replay record lead-capture:0197c1a2-7c3e-7d61-8a54-0d2b5f6c7e80 workflows/capture/testdata/captured.json.gz",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := p.load(cmd, 0)
			if err != nil {
				return err
			}
			temporal, at, err := worker.Dial(cfg.Temporal, nil, newLog(cfg.Log))
			if err != nil {
				return err
			}
			defer temporal.Close()
			if err := replay.Save(cmd.Context(), temporal, args[0], "", args[1]); err != nil {
				return fmt.Errorf("record from Temporal at %s, namespace %s: %w", at.Address, at.Namespace, err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "wrote", args[1])
			return err
		},
	}
}
