package worker

import (
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/perdura/perdura/clock"
	"github.com/perdura/perdura/config"
	"github.com/perdura/perdura/links"
)

// Deps is what activities are built from. Whoever builds it owns it: activities close nothing.
type Deps struct {
	Pool   *pgxpool.Pool
	Clock  clock.Clock
	Log    *slog.Logger
	Config config.Config
	// Senders are shared, so that mail connections are kept open across steps.
	Senders Senders
	// Links signs the links in messages; never nil in a program.
	Links *links.Signer
	// Poker wakes the dispatcher after a commit that left an event; never nil.
	Poker Poker
}

// Poker wakes whoever delivers events. Poke is cheap and never blocks.
type Poker interface{ Poke() }
