package app

import (
	"fmt"
	"sync"

	"github.com/perdura/perdura/process/explore"
	"github.com/perdura/perdura/worker"
)

// Maps draws the processes of a table, each explored at most once, when somebody first asks. Safe for concurrent use.
type Maps struct {
	explored map[string]func() (*explore.Result, error)
}

// NewMaps returns the maps of all processes of a table. It explores nothing yet.
func NewMaps(table worker.Table) *Maps {
	m := &Maps{explored: map[string]func() (*explore.Result, error){}}
	for _, def := range table.Processes {
		m.explored[def.Describe().Name] = sync.OnceValues(func() (*explore.Result, error) { return explore.Run(def) })
	}
	return m
}

// Explored returns what the exploration of a process found. It errs when the table has no such process.
func (m *Maps) Explored(name string) (*explore.Result, error) {
	explored, ok := m.explored[name]
	if !ok {
		return nil, fmt.Errorf("there is no process %q; `perdura process list` names them all", name)
	}
	return explored()
}

// Mermaid returns the map as a Mermaid flow chart.
func (m *Maps) Mermaid(name string) (string, error) {
	r, err := m.Explored(name)
	if err != nil {
		return "", err
	}
	return r.Graph.Mermaid(), nil
}

// SVG returns the map as an SVG document.
func (m *Maps) SVG(name string) ([]byte, error) {
	r, err := m.Explored(name)
	if err != nil {
		return nil, err
	}
	return r.Graph.SVG()
}

// Procedure returns the written procedure as Markdown.
func (m *Maps) Procedure(name string) (string, error) {
	r, err := m.Explored(name)
	if err != nil {
		return "", err
	}
	return r.Graph.Procedure(), nil
}
