// Command eval-dedupe measures duplicate detection on files whose true duplicates
// are known.
//
//	go run ./cmd/eval-dedupe [flags] DIR
//
// It reads every CSV file in DIR and links its records as the product does: each
// record looks up its blocking keys among those before it, blocks above the cap are
// left unread, the candidates found are compared and those classed Same are links. The
// truth is read from the column rec_id (rec-N-org and rec-N-dup-K are one person) or
// class (equal values are one), which the linking never sees.
//
// It exits with 1 when --min-f1 is given and a file misses it, with 2 when the
// folder or a file cannot be used.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/perdura/perdura/analytics/match"
)

// options are the command line of one evaluation.
type options struct {
	folder     string
	minF1      float64  // required of every file; 0 requires nothing
	without    []string // columns the linking may not see
	country    string   // for records that state none
	cap        int      // blocks above this size are left unread
	background int      // further invented contacts in the store
	keys       bool     // also print what each blocking pass finds
	show       int      // wrong and missed links to print, with their reasons
}

var errBelow = errors.New("F1 below the required --min-f1")

func main() {
	err := run(os.Args[1:], os.Stdout)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errBelow):
		fmt.Fprintln(os.Stderr, "eval-dedupe:", err)
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "eval-dedupe:", err)
		os.Exit(2)
	}
}

func run(args []string, out io.Writer) error {
	opts, err := parse(args)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(opts.folder, "*.csv"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no CSV file found in %q: give a folder of CSV files with a column rec_id or class", opts.folder)
	}
	var below []string
	for _, file := range files {
		set, err := readDataset(file, opts)
		if errors.Is(err, errNoTruth) {
			fmt.Fprintf(out, "%s: %v, left out\n", filepath.Base(file), err)
			continue
		}
		if err != nil {
			return err
		}
		result := link(set, opts)
		result.print(out, opts)
		if result.same.f1() < opts.minF1 {
			below = append(below, fmt.Sprintf("%s %.4f", set.name, result.same.f1()))
		}
	}
	if len(below) > 0 {
		return fmt.Errorf("%w %.4f: %s", errBelow, opts.minF1, strings.Join(below, ", "))
	}
	return nil
}

// parse reads flags before and after the folder.
func parse(args []string) (options, error) {
	var opts options
	var without string
	flags := flag.NewFlagSet("eval-dedupe", flag.ContinueOnError)
	flags.Float64Var(&opts.minF1, "min-f1", 0, "exit with 1 when the F1 of a file is below `F1`")
	flags.StringVar(&without, "without", "", "hide these `columns` (comma separated) from the linking")
	flags.StringVar(&opts.country, "country", "", "ISO `country` of records that state none, for their telephone numbers")
	flags.IntVar(&opts.cap, "cap", match.BlockCap, "leave blocks of more than `N` contacts unread")
	flags.IntVar(&opts.background, "background", 0, "add `N` invented contacts, with values mixed from the file, to the store")
	flags.BoolVar(&opts.keys, "keys", false, "print what each blocking pass finds")
	flags.IntVar(&opts.show, "show", 0, "print up to `N` wrong and N missed links with their reasons")
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return opts, err
		}
		args = flags.Args()
		if len(args) == 0 {
			break
		}
		if opts.folder != "" {
			return opts, fmt.Errorf("give one folder, not %q and %q", opts.folder, args[0])
		}
		opts.folder, args = args[0], args[1:]
	}
	if opts.folder == "" {
		return opts, errors.New("give the folder with the CSV files: eval-dedupe [flags] DIR")
	}
	for column := range strings.SplitSeq(without, ",") {
		if column = strings.TrimSpace(column); column != "" {
			opts.without = append(opts.without, column)
		}
	}
	return opts, nil
}
