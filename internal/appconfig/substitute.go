package appconfig

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/jstext"
	"github.com/portalctl/portalctl/internal/pattern"
)

// environment is what process.env is to config-loader.
type environment map[string]string

func newEnvironment(entries []string) environment {
	env := make(environment, len(entries))
	for _, e := range entries {
		if k, v, ok := strings.Cut(e, "="); ok && k != "" {
			env[k] = v
		}
	}
	return env
}

// lookup is a variable's value without the space around it; an unset one is
// not the same as an empty one (createConfigTransformer's default
// substitutionFunc).
func (e environment) lookup(name string) (string, bool) {
	v, ok := e[name]
	return jstext.Trim(v), ok
}

// exact is the name of a variable whose value has no space around it, so that a
// shell's "$NAME" is the same text; else "".
func (e environment) exact(name string) string {
	if v := e[name]; v != jstext.Trim(v) {
		return ""
	}
	return name
}

var placeholder = pattern.New(`\$?\$\{[^{}]*\}`)

// substitute puts variables in place of ${NAME} and ${NAME:-default} in a
// string; $${ is an escaped ${. It gives nil, undefined, when a variable is not
// set and has no default: the value then disappears
// (createSubstitutionTransform). unset are the names of those variables, all of
// them: whoever sets one only would run into the next.
func (e environment) substitute(n *node) (put *node, unset []string) {
	spans := placeholder().FindAllStringIndex(n.text, -1)
	if len(spans) == 0 {
		return n, nil
	}
	out := *n
	out.origin.Vars = slices.Clone(n.origin.Vars)
	out.origin.Var = ""
	var b strings.Builder
	last, fromEnv := 0, ""
	for _, s := range spans {
		b.WriteString(n.text[last:s[0]])
		last = s[1]
		part := n.text[s[0]:s[1]]
		if strings.HasPrefix(part, "$$") {
			b.WriteString(part[1:])
			continue
		}
		name, value, isDefault, ok := e.expand(part[2 : len(part)-1])
		switch {
		case !ok:
			unset = append(unset, name)
			continue
		case !isDefault:
			fromEnv = name
			if !slices.Contains(out.origin.Vars, name) {
				out.origin.Vars = append(out.origin.Vars, name)
			}
		}
		b.WriteString(value)
	}
	if len(unset) > 0 {
		return nil, unset
	}
	b.WriteString(n.text[last:])
	out.text = b.String()
	if len(spans) == 1 && spans[0][0] == 0 && spans[0][1] == len(n.text) {
		out.origin.Var = e.exact(fromEnv)
	}
	return &out, nil
}

// expand is what stands for NAME or NAME:-default; not ok without a value. The
// default counts for an empty variable, too, and an empty default is none.
func (e environment) expand(text string) (name, value string, isDefault, ok bool) {
	name, fallback, hasFallback := strings.Cut(text, ":-")
	name = jstext.Trim(name)
	value, ok = e.lookup(name)
	if hasFallback && value == "" {
		value = jstext.Trim(fallback)
		return name, value, true, value != ""
	}
	return name, value, false, ok
}

// jsNumber is a number as JavaScript's String(n) gives it (ECMA-262
// Number::toString).
func jsNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0" // -0 as well
	}
	if abs := math.Abs(f); abs >= 1e21 || abs < 1e-6 {
		s := strconv.FormatFloat(f, 'e', -1, 64)
		mantissa, exp, _ := strings.Cut(s, "e")
		n, _ := strconv.Atoi(exp)
		if n > 0 {
			return mantissa + "e+" + strconv.Itoa(n)
		}
		return mantissa + "e" + strconv.Itoa(n)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
