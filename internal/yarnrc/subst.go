package yarnrc

import (
	"regexp"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

// substitute replaces ${NAME}, ${NAME-default} and ${NAME:-default} in a
// setting as Yarn's miscUtils.replaceEnvVariables does: defaults nest, and a
// backslash escapes \, $ and }. The error names the variable, never the text,
// which may be a secret.
func substitute(in string, env lookup) (string, *fault.Error) {
	return replaceVariables(in, env, func(name string) *fault.Error {
		return fault.New("environment variable %s is not set", name).
			WithNext("Set %s, or give it a default: ${%s:-}", name, name)
	})
}

// Defaults is a setting of a .yarnrc.yml where no variable is set. known is false
// when one has no default: it is left out.
func Defaults(text string) (out string, known bool) {
	known = true
	none := func(string) (string, bool) { return "", false }
	out, err := replaceVariables(text, none, func(string) *fault.Error {
		known = false
		return nil
	})
	if err != nil {
		return text, true // Yarn refuses it as it is
	}
	return out, known
}

func replaceVariables(in string, env lookup, unset func(name string) *fault.Error) (string, *fault.Error) {
	if strings.IndexByte(in, '$') < 0 && strings.IndexByte(in, '\\') < 0 {
		return in, nil
	}
	var out strings.Builder
	depth, current := 0, 0
	toks := tokenizer{in: in}
	for toks.next() {
		out.WriteString(in[current:toks.start])
		current = toks.end
		switch toks.kind {
		case escaped:
			out.WriteByte(in[toks.end-1])
		case variable:
			val, ok := env(toks.name)
			depth++
			if ok && (toks.op != ":-" || val != "") {
				out.WriteString(val)
				current = toks.skip(&depth)
			} else if toks.op == "" {
				if err := unset(toks.name); err != nil {
					return "", err
				}
			}
		case closing:
			if depth == 0 {
				out.WriteByte('}')
			} else {
				depth--
			}
		case unknown:
			return "", fault.New("${ is not followed by the name of an environment variable").
				WithNext(`Write ${NAME}, ${NAME:-default}, or \${ for the characters themselves`)
		}
	}
	if depth > 0 {
		return "", fault.New("${ is not closed").WithNext("Add the missing }")
	}
	out.WriteString(in[current:])
	return out.String(), nil
}

type tokenKind int

const (
	escaped  tokenKind = iota // \\ \$ \}
	variable                  // ${NAME with its operator
	unknown                   // any other ${
	closing                   // }
)

type tokenizer struct {
	in         string
	start, end int
	kind       tokenKind
	name, op   string
}

func (t *tokenizer) next() bool {
	for i := t.end; i < len(t.in); i++ {
		rest := t.in[i:]
		switch {
		case rest[0] == '\\' && len(rest) > 1 && strings.IndexByte(`\$}`, rest[1]) >= 0:
			t.kind, t.end = escaped, i+2
		case strings.HasPrefix(rest, "${"):
			t.kind, t.end = unknown, i+2
			n := nameLen(rest[2:])
			for _, op := range []string{":-", "-", "}"} {
				if n > 0 && strings.HasPrefix(rest[2+n:], op) {
					t.kind, t.name, t.op, t.end = variable, rest[2:2+n], op, i+2+n+len(op)
					if op == "}" {
						t.op, t.end = "", t.end-1
					}
					break
				}
			}
		case rest[0] == '}':
			t.kind, t.end = closing, i+1
		default:
			continue
		}
		t.start = i
		return true
	}
	return false
}

// skip passes over the default of a variable that is set.
func (t *tokenizer) skip(depth *int) int {
	limit := *depth
	for t.next() {
		if t.kind == variable {
			*depth++
		} else if t.kind == closing {
			if *depth--; *depth < limit {
				return t.end
			}
		}
	}
	return len(t.in)
}

// nameLen is the length of a variable name: a letter, then letters, digits
// and underscores.
func nameLen(s string) int {
	n := 0
	for n < len(s) {
		c := s[n]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (n == 0 || c != '_' && (c < '0' || c > '9')) {
			break
		}
		n++
	}
	return n
}

// substituteNPM replaces ${NAME} and ${NAME?} as npm does in .npmrc: what is
// not set stays as it is written (and is named in missing), or becomes empty
// with the question mark. An odd number of backslashes before it escapes.
func substituteNPM(in string, env lookup) (out string, missing []string) {
	var b strings.Builder
	for i := 0; i < len(in); {
		start := strings.Index(in[i:], "${")
		if start < 0 {
			b.WriteString(in[i:])
			break
		}
		start += i
		n := strings.IndexAny(in[start+2:], "${}?")
		name, end, optional := "", start+2, false
		if n > 0 {
			name, end = in[start+2:start+2+n], start+2+n
			if in[end] == '?' {
				optional = true
				end++
			}
		}
		if name == "" || end >= len(in) || in[end] != '}' {
			b.WriteString(in[i : start+2])
			i = start + 2
			continue
		}
		end++
		slashes := 0
		for start-slashes > i && in[start-slashes-1] == '\\' {
			slashes++
		}
		b.WriteString(in[i : start-slashes])
		b.WriteString(in[start-slashes : start-slashes+slashes/2])
		val, ok := env(name)
		switch {
		case slashes%2 == 1:
			b.WriteString(in[start:end])
		case ok:
			b.WriteString(val)
		case !optional:
			b.WriteString(in[start:end])
			missing = append(missing, name)
		}
		i = end
	}
	return b.String(), missing
}

// parseDotenv reads an .env file as the dotenv package does, which Yarn uses.
func parseDotenv(src string) [][2]string {
	src = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(src)
	// Compiled here: only few repos have such a file, and start-up is dear.
	line := regexp.MustCompile(`(?m)^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*` +
		"`(?:\\\\`|[^`])*`" + `|[^#\n]+)?\s*(?:#.*)?$`)
	var out [][2]string
	for _, m := range line.FindAllStringSubmatch(src, -1) {
		val := strings.TrimSpace(m[2])
		quote := byte(0)
		if val != "" {
			quote = val[0]
		}
		if len(val) > 1 && strings.IndexByte("'\"`", quote) >= 0 && val[len(val)-1] == quote {
			val = val[1 : len(val)-1]
		}
		if quote == '"' {
			val = strings.NewReplacer(`\n`, "\n", `\r`, "\r").Replace(val)
		}
		out = append(out, [2]string{m[1], val})
	}
	return out
}
