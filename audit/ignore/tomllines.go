package ignore

import (
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/portalctl/portalctl/internal/fault"
)

// tomlLines says on which lines a TOML file has its tables and keys: the
// library that reads the values does not tell.
type tomlLines struct {
	entries map[string][]int // lines of [[name]], in order
	keys    map[string]int   // first line of a key, by its last name
}

// indexTOML looks at what starts a line, outside of texts over several lines.
// The file has to be valid TOML for it to be right.
func indexTOML(src []byte) tomlLines {
	out := tomlLines{map[string][]int{}, map[string]int{}}
	quote := "" // that ends the text which the line is in
	n := 0
	for line := range strings.SplitSeq(string(src), "\n") {
		n++
		rest := line
		if quote == "" {
			out.line(strings.TrimSpace(line), n)
			if strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
		}
		for {
			if quote != "" {
				i := strings.Index(rest, quote)
				if i < 0 {
					break
				}
				rest, quote = rest[i+3:], ""
				continue
			}
			i, j := strings.Index(rest, `"""`), strings.Index(rest, `'''`)
			switch {
			case i < 0 && j < 0:
			case j < 0 || i >= 0 && i < j:
				rest, quote = rest[i+3:], `"""`
				continue
			default:
				rest, quote = rest[j+3:], `'''`
				continue
			}
			break
		}
	}
	return out
}

func (t tomlLines) line(text string, n int) {
	if name, ok := strings.CutPrefix(text, "[["); ok {
		if name, _, ok = strings.Cut(name, "]]"); ok {
			t.entries[clean(name)] = append(t.entries[clean(name)], n)
		}
		return
	}
	text = strings.TrimLeft(text, "[{ \t")
	if i := strings.IndexAny(text, "=]"); i > 0 {
		parts := strings.Split(text[:i], ".")
		for _, p := range parts {
			if key := clean(p); t.keys[key] == 0 {
				t.keys[key] = n
			}
		}
	}
}

func clean(name string) string { return strings.Trim(strings.TrimSpace(name), `"'`) }

// entry is the place of the i-th table of an array; that of the array when it
// is written in one line.
func (t tomlLines) entry(file, name string, i int) fault.Pos {
	if list := t.entries[name]; i < len(list) {
		return fault.Pos{File: file, Line: list[i], Col: 1}
	}
	return t.at(file, t.keys[name])
}

// key is the place of a key, which is exact when its name occurs once.
func (t tomlLines) key(file string, key toml.Key) fault.Pos {
	for i := len(key) - 1; i >= 0; i-- {
		if n := t.keys[key[i]]; n > 0 {
			return t.at(file, n)
		}
		if list := t.entries[key[i]]; len(list) > 0 {
			return t.at(file, list[0])
		}
	}
	return t.at(file, 0)
}

func (t tomlLines) at(file string, line int) fault.Pos {
	return fault.Pos{File: file, Line: max(line, 1), Col: 1}
}
