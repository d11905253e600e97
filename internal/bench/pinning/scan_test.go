package pinning

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// scanned is a yarn.lock as plain text shows it.
type scanned struct {
	entries []*entry
	byKey   map[string]*entry // "name@range"
}

// entry is one block of a yarn.lock.
type entry struct {
	keys       []string
	version    string
	resolution string
	deps       map[string]string // name to range, as written
}

// scan reads the lines of a Berry lock; it knows only what the proof needs.
func scan(text string) *scanned {
	s := &scanned{byKey: map[string]*entry{}}
	var e *entry
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		switch indent := len(line) - len(strings.TrimLeft(line, " ")); {
		case line == "", line[0] == '#', line == ":", strings.HasPrefix(line, "__metadata"):
			if strings.HasPrefix(line, "__metadata") {
				e = nil
			}
		case indent == 0:
			keys := unquote(strings.TrimSuffix(strings.TrimPrefix(line, "? "), ":"))
			e = &entry{keys: strings.Split(keys, ", "), deps: map[string]string{}}
			s.entries = append(s.entries, e)
			for _, k := range e.keys {
				s.byKey[k] = e
			}
			section = ""
		case e == nil:
		case indent == 2:
			name, value := field(line)
			section = name
			switch name {
			case "version":
				e.version = value
			case "resolution":
				e.resolution = value
			}
		case indent == 4 && section == "dependencies":
			name, value := field(line)
			e.deps[name] = value
		}
	}
	return s
}

// field splits "  name: value"; both may be quoted.
func field(line string) (name, value string) {
	line = strings.TrimSpace(line)
	if line[0] == '"' {
		end := strings.Index(line[1:], `"`) + 1
		return line[1:end], unquote(strings.TrimSpace(strings.TrimPrefix(line[end+1:], ":")))
	}
	name, value, _ = strings.Cut(line, ":")
	return name, unquote(strings.TrimSpace(value))
}

func unquote(s string) string {
	if u, err := strconv.Unquote(s); err == nil {
		return u
	}
	return s
}

// split cuts "name@rest" at the first @ that is not the scope's.
func split(s string) (name, rest string) {
	i := strings.Index(s[1:], "@") + 1
	if i == 0 {
		return s, ""
	}
	return s[:i], s[i+1:]
}

// pkg is the registry package of an entry, patched or not; "" for workspaces
// and other things.
func (e *entry) pkg() string {
	name, ref := split(e.resolution)
	if strings.HasPrefix(ref, "npm:") || strings.HasPrefix(ref, "patch:") {
		return name
	}
	return ""
}

// has reports whether the lock has a package in exactly that version.
func (s *scanned) has(resolution string) bool {
	return slices.ContainsFunc(s.entries, func(e *entry) bool { return e.resolution == resolution })
}

// rangeOf is the npm range that a key stands for; ok is false for tags,
// workspaces and patches.
func rangeOf(key string) (rng string, ok bool) {
	_, rest := split(key)
	if bound, isBound := strings.CutPrefix(rest, "backstage:"); isBound {
		_, npm, found := strings.Cut(bound, "npm=")
		return "^" + npm, found
	}
	rng, ok = strings.CutPrefix(rest, "npm:")
	if ok && strings.Contains(rng, "@") {
		_, rng = split(rng)
		rng = strings.TrimPrefix(rng, "npm:")
	}
	return rng, ok && !strings.Contains(rng, ":")
}

// manifests are the texts of the project's package.json files by folder.
func manifests(t testing.TB, dir string) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".yarn") {
			return fs.SkipDir
		}
		if d.Name() != "package.json" {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var m map[string]any
		if err := json.Unmarshal(src, &m); err != nil {
			return err
		}
		out[filepath.Dir(path)] = m
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// asked are the texts of all ranges that package.json files and entries state
// for a name: dependencies of all kinds, and resolutions.
func asked(files map[string]map[string]any, lock *scanned) map[string][]string {
	out := map[string][]string{}
	add := func(name, rng string) {
		rng = strings.TrimPrefix(rng, "npm:")
		if !slices.Contains(out[name], rng) {
			out[name] = append(out[name], rng)
		}
	}
	for _, m := range files {
		for _, section := range []string{"dependencies", "devDependencies", "optionalDependencies", "resolutions"} {
			list, _ := m[section].(map[string]any)
			for key, value := range list {
				rng, _ := value.(string)
				if section == "resolutions" {
					// parent/name and name@npm:range: what counts is the name.
					key = strings.TrimSuffix(key, "@"+suffixRange(key))
					if i := strings.LastIndex(key, "/"); i > 0 {
						if j := strings.LastIndex(key[:i], "/@"); j >= 0 {
							key = key[j+1:]
						} else if key[0] != '@' || strings.Count(key, "/") > 1 {
							key = key[i+1:]
						}
					}
				}
				add(key, rng)
			}
		}
	}
	for _, e := range lock.entries {
		for name, rng := range e.deps {
			add(name, rng)
		}
	}
	return out
}

// suffixRange is the range at the end of a resolution's key, or "".
func suffixRange(key string) string {
	i := strings.LastIndex(key, "@")
	if i <= 0 || strings.Contains(key[i:], "/") {
		return ""
	}
	return key[i+1:]
}
