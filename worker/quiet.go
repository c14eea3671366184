package worker

import (
	"context"
	"log/slog"
)

// quiet keeps the SDK's chatter ("Started Worker", each poller's story) for those who debug: what it says at info
// level is logged at debug level.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(demoting{log.Handler()}) }

type demoting struct{ slog.Handler }

func (d demoting) Enabled(ctx context.Context, level slog.Level) bool {
	return d.Handler.Enabled(ctx, demoted(level))
}

func (d demoting) Handle(ctx context.Context, r slog.Record) error {
	r.Level = demoted(r.Level)
	return d.Handler.Handle(ctx, r)
}

func (d demoting) WithAttrs(attrs []slog.Attr) slog.Handler {
	return demoting{d.Handler.WithAttrs(attrs)}
}
func (d demoting) WithGroup(name string) slog.Handler { return demoting{d.Handler.WithGroup(name)} }

func demoted(level slog.Level) slog.Level {
	if level == slog.LevelInfo {
		return slog.LevelDebug
	}
	return level
}
