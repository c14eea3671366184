package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/perdura/perdura/analytics/match"
)

var errNoTruth = errors.New("no column rec_id or class that tells the true duplicates")

// dataset is one file: its records as the product would see them, and the truth.
type dataset struct {
	name    string
	columns []string
	rows    []map[string]string // without the truth and without hidden columns
	records []*match.Profile
	entity  []string // whom each record truly describes
	pairs   int      // pairs of records of one entity
	folding time.Duration
}

// readDataset reads one CSV file. A blank may follow each comma.
func readDataset(path string, opts options) (*dataset, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the data: %w", err)
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.TrimLeadingSpace = true
	reader.LazyQuotes = true
	lines, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s as CSV: %w", filepath.Base(path), err)
	}
	if len(lines) < 2 {
		return nil, fmt.Errorf("read %s: give it a header line and records", filepath.Base(path))
	}
	header := lines[0]
	for i, column := range header {
		header[i] = strings.TrimSpace(strings.TrimPrefix(column, "\ufeff"))
	}
	truth := max(slices.Index(header, "rec_id"), slices.Index(header, "class"))
	if truth < 0 {
		return nil, errNoTruth
	}
	set := &dataset{name: filepath.Base(path)}
	seen := make(map[string]int)
	for _, line := range lines[1:] {
		row := make(map[string]string, len(header))
		for i, column := range header {
			if i != truth && !slices.Contains(opts.without, column) {
				row[column] = strings.TrimSpace(line[i])
			}
		}
		entity := entityOf(header[truth], line[truth])
		set.pairs += seen[entity]
		seen[entity]++
		set.rows = append(set.rows, row)
		set.entity = append(set.entity, entity)
		started := time.Now()
		set.records = append(set.records, match.NewProfile(personOf(row, opts.country)))
		set.folding += time.Since(started)
	}
	for _, column := range header {
		if _, visible := set.rows[0][column]; visible {
			set.columns = append(set.columns, column)
		}
	}
	return set, nil
}

// entityOf reads the truth: "rec-17-dup-0" is a copy of "rec-17-org"; a class is
// taken as it stands.
func entityOf(column, value string) string {
	if column != "rec_id" {
		return value
	}
	parts := strings.SplitN(value, "-", 3)
	if len(parts) < 2 {
		return value
	}
	return parts[1]
}

// personOf maps a row to the product's fields as an import does. A column "name" in
// a file without surnames is a company's.
func personOf(row map[string]string, country string) match.Person {
	person := match.FromColumns(row)
	if name := row["name"]; name != "" && person.Company == "" && person.Surname == "" {
		person.Company = name
		delete(person.Attributes, "name")
	}
	if person.Country == "" {
		person.Country = country
	}
	return person
}
