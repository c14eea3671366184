package app

import (
	"log/slog"
	"os"

	"github.com/perdura/perdura/config"
)

// newLog makes the program's logger. Wrong levels cannot come here: the settings were checked.
func newLog(cfg config.Log) *slog.Logger {
	out := cfg.Out
	if out == nil {
		out = os.Stderr
	}
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Level))
	options := &slog.HandlerOptions{Level: level}
	if cfg.Format == "text" {
		return slog.New(slog.NewTextHandler(out, options))
	}
	return slog.New(slog.NewJSONHandler(out, options))
}
