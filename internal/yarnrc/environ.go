package yarnrc

import (
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lookup answers for one environment variable.
type lookup func(name string) (string, bool)

// environment is a copy of the caller's environ, in its order.
type environment struct {
	names  []string
	values map[string]string
}

func newEnvironment(environ []string) *environment {
	e := &environment{values: make(map[string]string, len(environ))}
	for _, kv := range environ {
		name, val, ok := strings.Cut(kv, "=")
		if !ok || name == "" {
			continue
		}
		if _, seen := e.values[name]; !seen {
			e.names = append(e.names, name)
		}
		e.values[name] = val
	}
	return e
}

func (e *environment) lookup(name string) (string, bool) {
	if val, ok := e.values[name]; ok || runtime.GOOS != "windows" {
		return val, ok
	}
	return e.fold(name)
}

// fold is lookup without regard to case, as Yarn and npm read their own
// variables.
func (e *environment) fold(name string) (string, bool) {
	for _, n := range e.names {
		if strings.EqualFold(n, name) {
			return e.values[n], true
		}
	}
	return "", false
}

// home is the user's home folder, "" if the environment names none.
func (e *environment) home() string {
	if runtime.GOOS == "windows" {
		val, _ := e.lookup("USERPROFILE")
		return val
	}
	return e.values["HOME"]
}

// yarnVar is a variable that Yarn takes for a setting.
type yarnVar struct{ name, key, val string }

// yarnVars are the YARN_* variables by the names of their settings. The last
// of several spellings wins, as in Yarn's getEnvironmentSettings.
func (e *environment) yarnVars() []yarnVar {
	var out []yarnVar
	for _, name := range e.names {
		lower := strings.ToLower(name)
		rest, ok := strings.CutPrefix(lower, "yarn_")
		if !ok {
			continue
		}
		key := camelCase(rest)
		if ignoredVars[key] || key == "rcFilename" {
			continue
		}
		out = append(out, yarnVar{name, key, e.values[name]})
	}
	return out
}

// camelCase is what the camelcase package makes of a lower-case name: letters
// after separators, and after digits, become capitals.
func camelCase(s string) string {
	var b strings.Builder
	upper := false
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		switch {
		case strings.ContainsRune("_.- ", r):
			upper = b.Len() > 0
			continue
		case upper && !unicode.IsDigit(r):
			r = unicode.ToUpper(r)
		}
		upper = unicode.IsDigit(r)
		b.WriteRune(r)
	}
	return b.String()
}

// npmVars are the npm_config_* variables by the keys that they stand for in an
// .npmrc file.
func (e *environment) npmVars() []yarnVar {
	const prefix = "npm_config_"
	var out []yarnVar
	for _, name := range e.names {
		if len(name) <= len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) || e.values[name] == "" {
			continue
		}
		key := name[len(prefix):]
		if !strings.HasPrefix(key, "//") {
			key = strings.ToLower(key[:1] + strings.ReplaceAll(key[1:], "_", "-"))
		}
		out = append(out, yarnVar{name, key, e.values[name]})
	}
	return out
}
