package config

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/perdura/perdura/codec"
	"github.com/perdura/perdura/links"
)

// FileFlag and FileEnv name the configuration file; without them no file is read.
const (
	FileFlag = "config"
	FileEnv  = "PERDURA_CONFIG"
)

// AddFlags adds one flag for each setting that is no secret, and the one that names the configuration file.
func AddFlags(flags *pflag.FlagSet) {
	flags.String(FileFlag, "", "YAML file with settings ("+FileEnv+")")
	for _, s := range Settings() {
		if !s.Secret {
			flags.String(s.Key, s.Default, strings.ReplaceAll(s.Doc, "`", "'"))
		}
	}
}

// Loaded is a Config with the values it was made from.
type Loaded struct {
	Config
	raw    map[string]string
	origin map[string]string
}

// Raw is the value of a setting as it was written, which may be secret, and where it came from: "flag", "environment",
// "file" or "default".
func (l Loaded) Raw(key string) (value, origin string) { return l.raw[key], l.origin[key] }

// Sources says where settings come from besides the environment. The first that speaks wins: flag, environment, file,
// default.
type Sources struct {
	// Flags are parsed flags that AddFlags added to; nil for a program without them.
	Flags *pflag.FlagSet
	// Defaults replace defaults of the table, by key, as they would be written in the environment.
	Defaults map[string]string
}

// Load reads all settings and checks them for a program that needs the given capabilities. The error is Problems.
func Load(from Sources, needs Need) (Loaded, error) {
	flags := from.Flags
	l := Loaded{raw: map[string]string{}, origin: map[string]string{}}
	file, err := readFile(flags)
	if err != nil {
		return l, Problems{err.Error()}
	}
	problems := append(unknownKeys(file), misspeltVariables(os.Environ())...)
	v, err := sources(from, file)
	if err != nil {
		return l, Problems{err.Error()}
	}
	wrong := map[string]bool{}
	for _, s := range Settings() {
		raw := written(v.Get(s.Key))
		l.raw[s.Key], l.origin[s.Key] = raw, originOf(s, flags, file)
		if err := s.put(&l.Config, raw); err != nil {
			wrong[s.Key] = true
			problems = append(problems, s.complaint(raw, err))
		} else if raw == "" && s.needed&needs != 0 {
			problems = append(problems, fmt.Sprintf("%s: it has no value; %s", s.Key, s.advice()))
		}
	}
	problems = append(problems, contradictions(l.Config, needs, wrong)...)
	if len(problems) > 0 {
		return l, problems
	}
	return l, nil
}

func (s Setting) complaint(raw string, err error) string {
	shown := fmt.Sprintf("%q", raw)
	if s.Secret || s.show != nil {
		shown = "its value"
	}
	return fmt.Sprintf("%s: %s %s; %s", s.Key, shown, err, s.advice())
}

// readFile reads the configuration file that flag or environment names, into a viper of its own.
func readFile(flags *pflag.FlagSet) (*viper.Viper, error) {
	path := os.Getenv(FileEnv)
	if flags != nil {
		if f := flags.Lookup(FileFlag); f != nil && f.Changed {
			path = f.Value.String()
		}
	}
	file := viper.New()
	if path == "" {
		return file, nil
	}
	file.SetConfigFile(path)
	file.SetConfigType("yaml")
	if err := file.ReadInConfig(); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("the configuration file %s does not exist; correct --%s or %s", path, FileFlag, FileEnv)
		}
		if errors.Is(err, fs.ErrPermission) {
			return nil, fmt.Errorf("the configuration file %s cannot be read; check who may read it", path)
		}
		// The parser's message quotes lines of the file, and a line may be a secret.
		return nil, fmt.Errorf("the configuration file %s is not YAML; check its indentation, colons and quotes", path)
	}
	return file, nil
}

func sources(from Sources, file *viper.Viper) (*viper.Viper, error) {
	flags, v := from.Flags, viper.New()
	if err := v.MergeConfigMap(file.AllSettings()); err != nil {
		return nil, fmt.Errorf("read the configuration file: its groups and settings are mixed up; see docs/configuration.md")
	}
	for _, s := range Settings() {
		v.SetDefault(s.Key, s.Default)
		if value, ok := from.Defaults[s.Key]; ok {
			v.SetDefault(s.Key, value)
		}
		if err := v.BindEnv(s.Key, s.Env()); err != nil {
			return nil, err
		}
		if flags == nil {
			continue
		}
		if f := flags.Lookup(s.Key); f != nil {
			if err := v.BindPFlag(s.Key, f); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func originOf(s Setting, flags *pflag.FlagSet, file *viper.Viper) string {
	if flags != nil {
		if f := flags.Lookup(s.Key); f != nil && f.Changed {
			return "flag"
		}
	}
	switch {
	case os.Getenv(s.Env()) != "":
		return "environment"
	case file.IsSet(s.Key):
		return "file"
	default:
		return "default"
	}
}

func unknownKeys(file *viper.Viper) Problems {
	var known []string
	for _, s := range Settings() {
		known = append(known, s.Key)
	}
	var problems Problems
	for _, key := range slices.Sorted(slices.Values(file.AllKeys())) {
		if slices.Contains(known, key) {
			continue
		}
		hint := "docs/configuration.md lists all settings"
		if near := nearest(key, known); near != "" {
			hint = "did you mean " + near + "?"
		}
		problems = append(problems, fmt.Sprintf("%s: the configuration file has it, but there is no such setting; %s", key, hint))
	}
	return problems
}

// misspeltVariables names the environment variables that look like a setting and are none. Others that begin alike are
// left alone: container platforms and other programs set some of their own.
func misspeltVariables(environment []string) Problems {
	var known []string
	for _, s := range Settings() {
		known = append(known, s.Env())
	}
	var problems Problems
	for _, pair := range environment {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "PERDURA_") || name == FileEnv || slices.Contains(known, name) {
			continue
		}
		if near := nearest(name, known); near != "" {
			problems = append(problems, fmt.Sprintf("%s: the environment has it, but there is no such setting; did you mean %s?", name, near))
		}
	}
	slices.Sort(problems)
	return problems
}

// written gives a value from a file the form it has in the environment.
func written(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = fmt.Sprint(item)
		}
		return strings.Join(items, ",")
	default:
		return strings.TrimSpace(fmt.Sprint(v))
	}
}

func list(raw string) []string {
	var items []string
	for item := range strings.SplitSeq(raw, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// linkKeys reads keys as base64 of 32 bytes each.
func linkKeys(raw string) ([][]byte, error) {
	var keys [][]byte
	for i, item := range list(raw) {
		key, err := base64.StdEncoding.Strict().DecodeString(item)
		if err != nil || len(key) != links.MinKey {
			return nil, fmt.Errorf("holds a key that is not base64 of %d bytes (number %d)", links.MinKey, i+1)
		}
		if slices.ContainsFunc(keys, func(before []byte) bool { return bytes.Equal(before, key) }) {
			return nil, fmt.Errorf("holds the same key twice (number %d)", i+1)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("holds no key")
	}
	return keys, nil
}

func distinctKeys(keys []codec.Key) error {
	if len(keys) == 0 {
		return errors.New("holds no key")
	}
	_, err := codec.New(keys)
	return err
}
