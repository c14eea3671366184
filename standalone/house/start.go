package house

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/perdura/perdura/standalone/engine"
	"github.com/perdura/perdura/standalone/postgres"
	"github.com/perdura/perdura/standalone/ui"
)

// Databases that are made where they are missing. Perdura's own is the one of the database URL.
const (
	perduraDatabase    = "perdura"
	temporalDatabase   = "temporal"
	visibilityDatabase = "temporal_visibility"
)

func (h *House) startPostgres(ctx context.Context) error {
	done := h.progress.begin("PostgreSQL")
	server, err := postgres.Start(ctx, postgres.Options{
		DataDir: h.setting.DataDir,
		Host:    h.options.Postgres.Host,
		Port: func() (int, error) {
			settled, err := h.settle(Postgres, keyPostgres, "PostgreSQL server", h.options.Postgres)
			return settled.Port, err
		},
		Say: h.progress.say,
	})
	if err != nil {
		return err
	}
	stopping, stop := stopper(server.Stop)
	h.runs("PostgreSQL", stop)
	h.watch("PostgreSQL", server.Done(), stopping, func() error {
		return fmt.Errorf("see %s", filepath.Join(h.setting.DataDir, "logs", "postgresql.log"))
	})
	h.setting.DatabaseURL = server.URL(perduraDatabase)
	if err := postgres.EnsureDatabases(ctx, server.URL("postgres"), perduraDatabase); err != nil {
		return err
	}
	done(server.Version + " ready at " + server.Address())
	return h.claims[Postgres].publish(map[string]string{keyPostgres: h.setting.DatabaseURL})
}

func (h *House) startTemporal(ctx context.Context) error {
	done := h.progress.begin("Temporal " + engine.Version)
	if err := postgres.EnsureDatabases(ctx, h.setting.DatabaseURL, temporalDatabase, visibilityDatabase); err != nil {
		return err
	}
	var databases engine.Databases
	var err error
	if databases.Main, err = postgres.Database(h.setting.DatabaseURL, temporalDatabase); err != nil {
		return err
	}
	if databases.Visibility, err = postgres.Database(h.setting.DatabaseURL, visibilityDatabase); err != nil {
		return err
	}
	server, err := engine.Start(ctx, engine.Options{
		Databases: databases,
		Host:      h.options.Temporal.Host,
		Port:      h.options.Temporal.Port,
		LogFile:   filepath.Join(h.setting.DataDir, "logs", "temporal.log"),
	})
	if err != nil {
		return err
	}
	h.runs("Temporal", server.Stop)
	done("ready at " + server.Address())
	return h.claims[Temporal].publish(map[string]string{keyTemporal: server.Address()})
}

func (h *House) startUI(ctx context.Context) error {
	done := h.progress.begin("Temporal UI " + ui.Version)
	options := ui.Options{Listen: h.options.UI.String(), Temporal: h.setting.Temporal, Namespace: engine.Namespace}
	if h.options.Wiring.Codec != nil {
		codec, err := h.options.Wiring.Codec(h.setting)
		if err != nil {
			return err
		}
		options.Codec = codec
	}
	server, err := ui.Start(ctx, options)
	if err != nil {
		return err
	}
	h.runs("Temporal UI", server.Stop)
	done("ready at " + h.setting.TemporalUI)
	return h.claims[UI].publish(map[string]string{keyUI: server.Address()})
}

func (h *House) startSandbox(ctx context.Context) error {
	done := h.progress.begin("Sandbox providers")
	service, err := h.options.Wiring.Sandbox(h.setting)
	if err != nil {
		return err
	}
	// It outlives ctx, which bounds the start and ends at Ctrl-C: what Perdura still sends then must be taken.
	if err := service.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	h.runs("sandbox providers", service.Close)
	done("ready at " + h.setting.Outbox)
	return h.claims[Sandbox].publish(map[string]string{keyOutbox: h.options.Outbox.String(), keySMTP: h.setting.SMTP})
}

// stopper returns stop behind a channel that is closed when it is first called, which tells a wanted end from another.
func stopper(stop func() error) (stopping <-chan struct{}, once func() error) {
	closed := make(chan struct{})
	var first sync.Once
	return closed, func() error {
		first.Do(func() { close(closed) })
		return stop()
	}
}
