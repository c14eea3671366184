package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// place is where a contestant runs: the same for all of them.
type place struct {
	// listen is the host:port that takes leads.
	listen string
	// notify is the URL that hears of each lead that was handed over.
	notify string
	// database is an empty PostgreSQL database of the contestant's own.
	database string
	// workspace is a folder for its files.
	workspace string
}

func (p *place) flags(set *flag.FlagSet) {
	set.StringVar(&p.listen, "listen", "", "`host:port` that takes leads")
	set.StringVar(&p.notify, "notify", "", "`URL` that the notifications are posted to")
	set.StringVar(&p.database, "database-url", "", "`URL` of an empty PostgreSQL database")
	set.StringVar(&p.workspace, "workspace", "", "`folder` for files")
}

func (p *place) prepare() error {
	if p.listen == "" || p.notify == "" || p.workspace == "" {
		return errors.New("say where to run: --listen, --notify and --workspace")
	}
	folder, err := filepath.Abs(p.workspace)
	if err != nil {
		return fmt.Errorf("find the folder %s: %w", p.workspace, err)
	}
	p.workspace = folder
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make the workspace: %w", err)
	}
	return nil
}
