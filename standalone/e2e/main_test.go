// Package e2e_test runs the standalone program as its users do, as a process of its own, and speaks HTTP to it. Every
// answer of the API is held against the document that the same process serves at /openapi.json.
//
// PERDURA_STANDALONE names a built program to test instead of one built from this checkout.
package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// workspace holds the programs and the data folders of all houses, for as long as the tests run.
var workspace string

func TestMain(m *testing.M) {
	os.Exit(runAll(m))
}

func runAll(m *testing.M) (code int) {
	var err error
	if workspace, err = os.MkdirTemp("", "perdura-e2e-"); err == nil {
		// A PostgreSQL server that root starts runs as somebody else, who must be able to enter.
		err = os.Chmod(workspace, 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a workspace for the end-to-end tests:", err)
		return 1
	}
	defer os.RemoveAll(workspace)
	code = m.Run()
	for _, l := range []*lodging{ordinary, strict} {
		if err := l.close(); err != nil {
			fmt.Fprintf(os.Stderr, "close the %s house: %v\n", l.name, err)
			code = 1
		}
	}
	return code
}

// standaloneProgram is the program under test, built once.
var standaloneProgram = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("PERDURA_STANDALONE"); given != "" {
		return filepath.Abs(given)
	}
	return build("perdura-standalone", "..", ".")
})

// commandProgram is the program that people administer a house with, built once.
var commandProgram = sync.OnceValues(func() (string, error) {
	return build("perdura", filepath.Join("..", ".."), "./cmd/perdura")
})

func build(name, dir, pkg string) (string, error) {
	program := filepath.Join(workspace, name)
	command := exec.Command("go", "build", "-o", program, pkg)
	command.Dir = dir
	if output, err := command.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("build %s: %w", name, err), errors.New(string(output)))
	}
	return program, nil
}
