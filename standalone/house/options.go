package house

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Options say what to raise and where. ParseFlags fills them from the command line.
type Options struct {
	// DataDir keeps everything between runs: databases, secrets, logs.
	DataDir string
	// Parts are raised here; the others are expected to run elsewhere on the same data folder.
	Parts []Part
	// Where the parts listen, or where they are expected.
	API, Temporal, UI, Outbox, SMTP, Postgres Listen
	// AddressesFile gets all addresses as JSON once everything is ready; DATA/addresses.json when empty.
	AddressesFile string
	// ClockSpeed is how many seconds of business time pass in one real second; 1 is real time.
	ClockSpeed float64
	// DatabaseURL names a PostgreSQL server of the user's own instead of one raised here.
	DatabaseURL string
	// Out gets the progress and the summary.
	Out io.Writer
	// Wiring connects what is built elsewhere.
	Wiring Wiring
}

// Wiring are the parts that other packages build. A nil one is left out of the house.
type Wiring struct {
	// Perdura serves the API, the worker or both until ctx ends, then stops the worker before the API. It calls ready once
	// what it serves can be used.
	Perdura func(ctx context.Context, setting Setting, ready func()) error
	// Sandbox makes the stand-in for mail and text message providers.
	Sandbox func(setting Setting) (Service, error)
	// Codec makes the handler of POST /decode and /encode that lets the Temporal UI show payloads.
	Codec func(setting Setting) (http.Handler, error)
}

// Service is something that runs from Start until Close.
type Service interface {
	// Start returns once the service can be used. It runs until ctx ends or Close is called.
	Start(ctx context.Context) error
	Close() error
}

// Listen is an address that may have to give way.
type Listen struct {
	// Host and Port; port 0 means any free one.
	Host string
	Port int
	// Fixed addresses were asked for: they are used, or the start fails. Others move to the next free port.
	Fixed bool
}

// defaultHost keeps everything on this machine.
const defaultHost = "127.0.0.1"

// variablePrefix starts the environment variable of every flag: --port-base is PERDURA_STANDALONE_PORT_BASE.
const variablePrefix = "PERDURA_STANDALONE_"

// ParseFlags reads the command line; a flag that is absent is taken from its environment variable. It returns
// flag.ErrHelp after printing the flags to out.
func ParseFlags(args []string, out io.Writer, getenv func(string) string) (Options, error) {
	flags := flag.NewFlagSet("standalone", flag.ContinueOnError)
	flags.SetOutput(out)
	data := flags.String("data", "", "`folder` to keep everything in between runs (default .perdura in this checkout)")
	parts := flags.String("parts", "", "comma-separated `parts` to run here, of "+joinParts(AllParts)+" (default all)")
	base := flags.Int("port-base", 0, "first of six consecutive `ports`: API, Temporal, UI, outbox, SMTP, PostgreSQL")
	free := flags.Bool("free-ports", false, "take free ports for everything")
	addresses := flags.String("addresses", "", "`file` to write all addresses and keys to once ready, as JSON (default addresses.json in the data folder)")
	speed := flags.Float64("clock-speed", 1, "seconds of business time per real second, for demonstrations (also PERDURA_CLOCK_SPEED)")

	options := Options{Out: out, DatabaseURL: getenv("PERDURA_DATABASE_URL")}
	listens := []struct {
		name, what string
		port       int
		listen     *Listen
		given      *string
	}{
		{name: "api", what: "API and its documentation", port: 8080, listen: &options.API},
		{name: "temporal", what: "Temporal", port: 7233, listen: &options.Temporal},
		{name: "ui", what: "Temporal UI", port: 8233, listen: &options.UI},
		{name: "outbox", what: "sandbox outbox", port: 8025, listen: &options.Outbox},
		{name: "smtp", what: "sandbox SMTP", port: 1025, listen: &options.SMTP},
		{name: "postgres", what: "PostgreSQL", port: 5433, listen: &options.Postgres},
	}
	for i := range listens {
		listens[i].given = flags.String(listens[i].name, "",
			fmt.Sprintf("`address` of the %s, host:port or :port (default %s:%d)", listens[i].what, defaultHost, listens[i].port))
	}
	if err := flags.Parse(args); err != nil {
		return Options{}, err
	}
	if flags.NArg() > 0 {
		return Options{}, fmt.Errorf("read the command line: %q is no flag; see --help", flags.Arg(0))
	}
	if err := fromEnvironment(flags, getenv); err != nil {
		return Options{}, err
	}

	var err error
	if options.Parts, err = ParseParts(*parts); err != nil {
		return Options{}, err
	}
	for i, entry := range listens {
		switch {
		case *entry.given != "":
			*entry.listen, err = parseListen(*entry.given)
			if err != nil {
				return Options{}, fmt.Errorf("read --%s: %w", entry.name, err)
			}
		case *free:
			*entry.listen = Listen{Host: defaultHost}
		case *base != 0:
			*entry.listen = Listen{Host: defaultHost, Port: *base + i, Fixed: true}
		default:
			*entry.listen = Listen{Host: defaultHost, Port: entry.port}
		}
	}
	options.ClockSpeed = *speed
	if value := getenv("PERDURA_CLOCK_SPEED"); value != "" && !given(flags, "clock-speed") {
		if options.ClockSpeed, err = strconv.ParseFloat(value, 64); err != nil {
			return Options{}, fmt.Errorf("read PERDURA_CLOCK_SPEED: %q is no number", value)
		}
	}
	if !(options.ClockSpeed > 0) {
		return Options{}, errors.New("read the clock speed: it must be above 0; 1 is real time")
	}
	options.AddressesFile = *addresses
	options.DataDir = *data
	if options.DataDir == "" {
		options.DataDir = filepath.Join(checkout(), ".perdura")
	}
	return options, nil
}

// fromEnvironment sets the flags that were not given from their variables.
func fromEnvironment(flags *flag.FlagSet, getenv func(string) string) error {
	var failure error
	flags.VisitAll(func(f *flag.Flag) {
		variable := variablePrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := getenv(variable)
		if value == "" || given(flags, f.Name) {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			failure = errors.Join(failure, fmt.Errorf("read %s: %w", variable, err))
		}
	})
	return failure
}

func given(flags *flag.FlagSet, name string) bool {
	found := false
	flags.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// checkout returns the folder of the source tree around the working folder, or the working folder itself.
func checkout() string {
	start, err := os.Getwd()
	if err != nil {
		return "."
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(content), "module github.com/perdura/perdura\n") {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return start
		}
	}
}
