package house

import (
	"fmt"
	"slices"
	"strings"
)

// Part is one thing the house raises.
type Part string

// The parts, in the order they start. They stop in the reverse order.
const (
	Postgres Part = "postgres"
	Temporal Part = "temporal"
	UI       Part = "ui"
	Sandbox  Part = "sandbox"
	API      Part = "api"
	Worker   Part = "worker"
)

// AllParts lists every part in starting order.
var AllParts = []Part{Postgres, Temporal, UI, Sandbox, API, Worker}

// partNames are the names of the parts in messages.
var partNames = map[Part]string{
	Postgres: "PostgreSQL", Temporal: "Temporal", UI: "the Temporal UI", Sandbox: "the sandbox providers", API: "the API", Worker: "the worker",
}

// ParseParts reads a comma-separated list such as "postgres,temporal". Empty means all.
func ParseParts(list string) ([]Part, error) {
	if strings.TrimSpace(list) == "" {
		return AllParts, nil
	}
	var parts []Part
	for name := range strings.SplitSeq(list, ",") {
		part := Part(strings.ToLower(strings.TrimSpace(name)))
		if !slices.Contains(AllParts, part) {
			return nil, fmt.Errorf("read the list of parts: %q is none of %s", name, joinParts(AllParts))
		}
		if !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return parts, nil
}

func joinParts(parts []Part) string {
	names := make([]string, len(parts))
	for i, part := range parts {
		names[i] = string(part)
	}
	return strings.Join(names, ",")
}
