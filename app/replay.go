package app

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/perdura/perdura/codec"
	"github.com/perdura/perdura/process/replay"
)

func (p *program) replayCommand() *cobra.Command {
	return &cobra.Command{
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
}
