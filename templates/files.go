package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// FileProblem is something wrong with a template file.
type FileProblem struct {
	File    string
	Line    int
	Message string
}

// String is "file:line: message", as editors and CI systems understand it.
func (p FileProblem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message) }

// ReadFiles reads and checks templates that are kept as files: NAME/LANGUAGE.md, each with a head of "key: value" lines
// between two lines of three dashes, and a body in Markdown below it. Keys: subject, preheader and sms in every language,
// in which \n is a new line; class, purpose and topic in one of them, which is thereby the fallback. Templates with
// problems are returned as well. Errors: those of the file system.
func ReadFiles(files fs.FS) (list []Template, problems, warnings []FileProblem, err error) {
	names, err := fs.Glob(files, "*/*.md")
	if err != nil {
		return nil, nil, nil, err
	}
	heads := map[string]map[string]head{} // by template and language
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("read the template file %s: %w", name, err)
		}
		h, err := readHead(strings.ReplaceAll(string(raw), "\r\n", "\n"))
		if err != nil {
			var wrong *headError
			if errors.As(err, &wrong) {
				problems = append(problems, FileProblem{name, wrong.line, wrong.message})
			}
			continue
		}
		of, lang := path.Dir(name), strings.TrimSuffix(path.Base(name), ".md")
		if heads[of] == nil {
			heads[of] = map[string]head{}
		}
		heads[of][lang] = h
	}
	for _, name := range sorted(heads) {
		t := assemble(name, heads[name])
		wrong, noted := Check(t)
		for _, p := range wrong {
			problems = append(problems, locate(t, heads[name], p.Field, p.Message))
		}
		for _, p := range noted {
			warnings = append(warnings, locate(t, heads[name], p.Field, p.Message))
		}
		list = append(list, t)
	}
	return list, problems, warnings, nil
}

// head is a file in its parts, with the lines on which they stand.
type head struct {
	values map[string]string
	lines  map[string]int
	body   string
}

var headKeys = []string{"class", "purpose", "topic", "subject", "preheader", "sms"}

type headError struct {
	line    int
	message string
}

func (e *headError) Error() string { return e.message }

func readHead(source string) (head, error) {
	h := head{values: map[string]string{}, lines: map[string]int{}}
	lines := strings.Split(source, "\n")
	if lines[0] != "---" {
		return h, &headError{1, "must begin with a line of three dashes"}
	}
	for i, line := range lines[1:] {
		at := i + 2
		if line == "---" {
			h.body, h.lines["body"] = strings.Join(lines[at:], "\n"), at+1
			return h, nil
		}
		key, value, ok := strings.Cut(line, ":")
		if !ok || !slices.Contains(headKeys, key) {
			return h, &headError{at, fmt.Sprintf("must be one of %s, followed by a colon", strings.Join(headKeys, ", "))}
		}
		if _, twice := h.lines[key]; twice {
			return h, &headError{at, key + " stands here twice"}
		}
		h.values[key], h.lines[key] = strings.ReplaceAll(strings.TrimSpace(value), `\n`, "\n"), at
	}
	return h, &headError{len(lines), "the head is not closed by a line of three dashes"}
}

func assemble(name string, heads map[string]head) Template {
	t := Template{Name: name, Definition: Definition{Languages: map[string]Words{}}}
	for _, lang := range sorted(heads) {
		h := heads[lang]
		if class, has := h.values["class"]; has && t.Fallback == "" {
			t.Fallback, t.Class, t.Purpose, t.Topic = lang, class, h.values["purpose"], h.values["topic"]
		}
		words := Words{SMS: h.values["sms"]}
		if _, subject := h.values["subject"]; subject || strings.TrimSpace(h.body) != "" {
			words.Email = &EmailWords{Subject: h.values["subject"], Preheader: h.values["preheader"], Body: strings.Trim(h.body, "\n")}
		}
		t.Languages[lang] = words
	}
	return t
}

var lineOf = regexp.MustCompile(`^line (\d+)(, column \d+)?: `)

// locate says in which file and line the checker's field stands.
func locate(t Template, heads map[string]head, field, message string) FileProblem {
	lang := t.Fallback
	if rest, ok := strings.CutPrefix(field, "languages."); ok {
		lang, field, _ = strings.Cut(rest, ".")
	}
	if _, known := heads[lang]; !known {
		return FileProblem{t.Name, 1, field + ": " + message}
	}
	key := strings.TrimPrefix(field, "email.")
	line := max(heads[lang].lines[key], 1)
	if m := lineOf.FindStringSubmatch(message); m != nil && key == "body" {
		n, _ := strconv.Atoi(m[1])
		leading := len(heads[lang].body) - len(strings.TrimLeft(heads[lang].body, "\n"))
		line += n - 1 + leading
		message = message[len(m[0]):]
	}
	if field != "" {
		message = field + ": " + message
	}
	return FileProblem{path.Join(t.Name, lang+".md"), line, message}
}
