package schema

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	santhosh "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/perdura/perdura/api/problem"
)

// mostErrors bounds the fields that one answer lists.
const mostErrors = 50

// explain turns a validation error into one entry for each refused field, in plain words, ordered by field.
func explain(e *santhosh.ValidationError, prefix string) []problem.Field {
	var fields []problem.Field
	collect(e, prefix, &fields)
	slices.SortFunc(fields, func(a, b problem.Field) int {
		return strings.Compare(a.Field+"\x00"+a.Message, b.Field+"\x00"+b.Message)
	})
	fields = slices.Compact(fields)
	return fields[:min(len(fields), mostErrors)]
}

func collect(e *santhosh.ValidationError, prefix string, out *[]problem.Field) {
	at := join(prefix, e.InstanceLocation...)
	say := func(field, format string, args ...any) {
		*out = append(*out, problem.Field{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			say(join(at, name), "is required")
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			say(join(at, name), "is not known here")
		}
	case *kind.FalseSchema:
		say(at, "is not known here")
	case *kind.AnyOf, *kind.OneOf:
		explainChoice(e, at, prefix, out)
	case *kind.PropertyNames:
		say(join(at, k.Property), "is not a name that is taken here")
	default:
		if message := plain(e.ErrorKind); message != "" {
			say(at, "%s", message)
			return
		}
		for _, cause := range e.Causes {
			collect(cause, prefix, out)
		}
	}
}

// explainChoice says what would have satisfied one of the alternatives: one of several fields, or the alternative that
// is not null.
func explainChoice(e *santhosh.ValidationError, at, prefix string, out *[]problem.Field) {
	var wanted []string
	for _, cause := range e.Causes {
		for _, leaf := range leaves(cause) {
			switch k := leaf.ErrorKind.(type) {
			case *kind.Required:
				wanted = append(wanted, k.Missing...)
			case *kind.MinLength:
				wanted = append(wanted, leaf.InstanceLocation[len(leaf.InstanceLocation)-1])
			}
		}
	}
	if len(wanted) == len(e.Causes) && len(wanted) > 1 {
		for _, name := range wanted {
			*out = append(*out, problem.Field{Field: join(at, name), Message: "give at least one of " + strings.Join(wanted, ", ")})
		}
		return
	}
	// The alternative of the right type says more than those of other types.
	for _, others := range []func(*santhosh.ValidationError) bool{ofAnotherType, wantsNull} {
		for _, cause := range e.Causes {
			if !others(cause) {
				collect(cause, prefix, out)
				return
			}
		}
	}
	*out = append(*out, problem.Field{Field: at, Message: "has none of the forms that are taken here"})
}

func leaves(e *santhosh.ValidationError) []*santhosh.ValidationError {
	if len(e.Causes) == 0 {
		return []*santhosh.ValidationError{e}
	}
	var all []*santhosh.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

func ofAnotherType(e *santhosh.ValidationError) bool {
	_, ok := e.ErrorKind.(*kind.Type)
	return ok
}

func wantsNull(e *santhosh.ValidationError) bool {
	k, ok := e.ErrorKind.(*kind.Type)
	return ok && len(k.Want) == 1 && k.Want[0] == "null"
}

// plain says a single failed rule in plain words; it is empty for kinds that only gather others.
func plain(k santhosh.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return "must be " + article(strings.Join(k.Want, " or ")) + ", is " + article(k.Got)
	case *kind.Enum:
		return "must be one of " + list(k.Want)
	case *kind.Const:
		return fmt.Sprintf("must be %v", k.Want)
	case *kind.Format:
		return "must be " + format(k.Want)
	case *kind.MinLength:
		if k.Want == 1 {
			return "must not be empty"
		}
		return fmt.Sprintf("must have at least %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("must have at most %d characters, has %d", k.Want, k.Got)
	case *kind.Pattern:
		return "does not have the form " + k.Want
	case *kind.MinItems:
		return fmt.Sprintf("must have at least %d entries", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("must have at most %d entries, has %d", k.Want, k.Got)
	case *kind.UniqueItems:
		return "must not hold the same entry twice"
	case *kind.MinProperties:
		return fmt.Sprintf("must have at least %d members", k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("must have at most %d members, has %d", k.Want, k.Got)
	case *kind.Minimum:
		return "must be at least " + number(k.Want)
	case *kind.Maximum:
		return "must be at most " + number(k.Want)
	case *kind.ExclusiveMinimum:
		return "must be above " + number(k.Want)
	case *kind.ExclusiveMaximum:
		return "must be below " + number(k.Want)
	case *kind.MultipleOf:
		return "must be a multiple of " + number(k.Want)
	}
	return ""
}

func article(typ string) string {
	switch {
	case typ == "null":
		return typ
	case strings.HasPrefix(typ, "array"), strings.HasPrefix(typ, "object"), strings.HasPrefix(typ, "integer"):
		return "an " + typ
	default:
		return "a " + typ
	}
}

func format(name string) string {
	switch name {
	case "uuid":
		return "a UUID such as 01890c5e-7b3a-7cc0-8000-000000000000"
	case "date-time":
		return "a time such as 2030-01-31T09:30:00Z (RFC 3339)"
	default:
		return "in the format " + name
	}
}

func number(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return r.FloatString(6)
}

func list(options []any) string {
	words := make([]string, len(options))
	for i, o := range options {
		words[i] = fmt.Sprint(o)
	}
	return strings.Join(words, ", ")
}

func join(prefix string, parts ...string) string {
	path := strings.Join(parts, ".")
	switch {
	case prefix == "":
		return path
	case path == "":
		return prefix
	default:
		return prefix + "." + path
	}
}
