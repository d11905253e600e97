package appconfig

import (
	"fmt"
	"strconv"

	"github.com/portalctl/portalctl/internal/fault"
)

// Origin says where a value came from.
type Origin struct {
	// Pos is the value's place in the file that it was written in. For a value
	// of APP_CONFIG_… the file is "env" and there is no line, as Backstage
	// calls that source.
	Pos fault.Pos
	// Vars are the names of the environment variables that went into the value,
	// in the order of their use.
	Vars []string
	// Var is set when the value is exactly one variable's (trimmed) text, so
	// that "$Var" may stand for it in a script.
	Var string
	// File is the file that $file read, "" for none.
	File string
}

// Hidden reports whether the value came from the environment or from $file,
// where secrets are kept.
func (o Origin) Hidden() bool { return len(o.Vars) > 0 || o.File != "" }

// String names the origin for people: "app-config.yaml:12:7 ($PGHOST)".
func (o Origin) String() string {
	s := o.Pos.String()
	for i, v := range o.Vars {
		sep := ", $"
		if i == 0 {
			sep = " ($"
		}
		s += sep + v
	}
	if len(o.Vars) > 0 {
		s += ")"
	}
	if o.File != "" {
		s += " (" + o.File + ")"
	}
	return s
}

// Value is a scalar of the configuration. However it is formatted or encoded,
// the text of a value that may be secret does not show.
type Value struct {
	key    string
	kind   Kind
	text   string
	origin Origin
}

// Key is the dotted path of the value.
func (v Value) Key() string { return v.key }

// IsZero reports whether there is no value.
func (v Value) IsZero() bool { return v.key == "" && v.kind == Null }

// Kind is what the value is.
func (v Value) Kind() Kind { return v.kind }

// Reveal is the text itself, secret or not: a string's, or a number or boolean
// as JavaScript prints it.
func (v Value) Reveal() string { return v.text }

// Origin is where the value came from.
func (v Value) Origin() Origin { return v.origin }

// Secret reports whether the value must not be shown: it came from the
// environment or a file, or its key looks like a secret's.
func (v Value) Secret() bool { return v.origin.Hidden() || SecretKey(v.key) }

// String is the text, or, of a secret, its variable or stars.
func (v Value) String() string {
	switch {
	case !v.Secret():
		return v.text
	case v.origin.Var != "":
		return "$" + v.origin.Var
	}
	return "***"
}

// Format keeps every verb, %#v too, from showing a secret.
func (v Value) Format(f fmt.State, verb rune) {
	if verb == 'q' {
		fmt.Fprint(f, strconv.Quote(v.String()))
		return
	}
	fmt.Fprint(f, v.String())
}

// MarshalText keeps JSON from showing a secret.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.String()), nil }
