package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Setting is one thing that an operator may set.
type Setting struct {
	// Key is the name in the configuration file and, behind two dashes, on the command line: "api.listen".
	Key string
	// Default is the value without any setting, as it would be written in the environment.
	Default string
	// Doc says in one sentence what the setting does and in which unit it is.
	Doc string
	// Example is a right value; messages about a wrong one end with it.
	Example string
	// Secret values are never printed and have no flag: anybody on the machine can read a command line.
	Secret bool
	// needed is the set of capabilities that cannot work without a value.
	needed Need

	// put parses raw into c; its error completes the sentence `key: "raw" …`.
	put func(c *Config, raw string) error
	// show renders a value that is not secret as a whole but may hold a part that is.
	show func(raw string) string
}

// Env is the environment variable of the setting.
func (s Setting) Env() string {
	return "PERDURA_" + strings.ToUpper(strings.ReplaceAll(s.Key, ".", "_"))
}

// Shown is raw as it may be printed.
func (s Setting) Shown(raw string) string {
	switch {
	case raw == "":
		return ""
	case s.Secret:
		return "(set, hidden)"
	case s.show != nil:
		return s.show(raw)
	default:
		return raw
	}
}

// advice says how to set the value right.
func (s Setting) advice() string {
	where := "set " + s.Env()
	if !s.Secret {
		where += " or --" + s.Key
	}
	if s.Example == "" {
		return where
	}
	return where + " to e.g. " + s.Example
}

type check[T any] func(T) error

func text(field func(*Config) *string, checks ...check[string]) func(*Config, string) error {
	return parsed(func(raw string) (string, error) { return raw, nil }, field, checks...)
}

func number(field func(*Config) *int, checks ...check[int]) func(*Config, string) error {
	return parsed(func(raw string) (int, error) {
		n, err := strconv.Atoi(raw)
		if err != nil {
			return 0, fmt.Errorf("is no whole number")
		}
		return n, nil
	}, field, checks...)
}

func decimal(field func(*Config) *float64, checks ...check[float64]) func(*Config, string) error {
	return parsed(func(raw string) (float64, error) {
		f, err := strconv.ParseFloat(raw, 64)
		if err != nil {
			return 0, fmt.Errorf("is no number")
		}
		return f, nil
	}, field, checks...)
}

func truth(field func(*Config) *bool) func(*Config, string) error {
	return parsed(func(raw string) (bool, error) {
		b, err := strconv.ParseBool(raw)
		if err != nil {
			return false, fmt.Errorf("is neither true nor false")
		}
		return b, nil
	}, field)
}

func duration(field func(*Config) *time.Duration, checks ...check[time.Duration]) func(*Config, string) error {
	return parsed(func(raw string) (time.Duration, error) {
		d, err := time.ParseDuration(raw)
		if err != nil {
			return 0, fmt.Errorf("is no duration")
		}
		return d, nil
	}, field, checks...)
}

// parsed joins a parser, the checks of the value and the field it lands in. An empty text is the zero value, unchecked:
// whether a value is needed is asked elsewhere.
func parsed[T any](parse func(string) (T, error), field func(*Config) *T, checks ...check[T]) func(*Config, string) error {
	return func(c *Config, raw string) error {
		var value T
		if raw != "" {
			var err error
			if value, err = parse(raw); err != nil {
				return err
			}
			for _, check := range checks {
				if err := check(value); err != nil {
					return err
				}
			}
		}
		*field(c) = value
		return nil
	}
}
