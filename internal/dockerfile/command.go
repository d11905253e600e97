package dockerfile

import (
	"strings"
)

// Final is the stage that the image is made of, nil for a file without stages.
func (f *File) Final() *Stage {
	if len(f.Stages) == 0 {
		return nil
	}
	return &f.Stages[len(f.Stages)-1]
}

// Chain is a stage and those that it is made from, the stage itself first.
func (f *File) Chain(s *Stage) []*Stage {
	var chain []*Stage
	for s != nil && len(chain) <= len(f.Stages) {
		chain = append(chain, s)
		var next *Stage
		for i := range f.Stages {
			if o := &f.Stages[i]; o != s && o.Line < s.Line && o.Name != "" && o.Name == strings.ToLower(s.From) {
				next = o
			}
		}
		s = next
	}
	return chain
}

// Command is what a container of the file's last stage runs: its words, with
// variables of ENV and ARG put in, and the instruction that says most of it. ok is
// false where the base image says it.
func (f *File) Command() (words []string, at Instruction, ok bool) {
	var entry, cmd *Instruction
	chain := f.Chain(f.Final())
	for i := len(chain) - 1; i >= 0; i-- { // the base first
		for j := range chain[i].Instructions {
			in := &chain[i].Instructions[j]
			switch in.Name {
			case "ENTRYPOINT":
				entry, cmd = in, sameStage(chain[i], cmd) // it resets what a base image has
			case "CMD":
				cmd = in
			}
		}
	}
	vars := f.variables()
	switch {
	case entry == nil && cmd == nil:
		return nil, at, false
	case entry == nil:
		return cmd.words(vars), *cmd, true
	case entry.Exec == nil || cmd == nil: // the shell form takes no CMD
		return entry.words(vars), *entry, true
	}
	words = append(entry.words(vars), cmd.words(vars)...)
	if strings.Contains(entry.Args, "--config") {
		return words, *entry, true
	}
	return words, *cmd, true
}

// sameStage is in if it is an instruction of s.
func sameStage(s *Stage, in *Instruction) *Instruction {
	for j := range s.Instructions {
		if &s.Instructions[j] == in {
			return in
		}
	}
	return nil
}

// words are the words of a command. The exec form has no variables, unless it is a
// shell that it runs.
func (i Instruction) words(vars map[string]string) []string {
	if i.Exec == nil {
		return Words(i.Args, vars)
	}
	return Argv(i.Exec, vars)
}

// Argv are the words of an exec form; a script for a shell is taken apart.
func Argv(exec []string, vars map[string]string) []string {
	for k, w := range exec {
		if k > 0 && (w == "-c" || w == "-ec" || w == "-lc") && k+1 < len(exec) && isShell(exec[0]) {
			return Words(exec[k+1], vars)
		}
	}
	return exec
}

func isShell(word string) bool {
	word = word[strings.LastIndexByte(word, '/')+1:]
	return word == "sh" || word == "bash" || word == "ash" || word == "dash"
}

// variables are those of ENV and ARG that the last stage has. An ARG without a value
// of its own has that of the file's head.
func (f *File) variables() map[string]string {
	vars, global := map[string]string{}, map[string]string{}
	for _, in := range f.Global {
		for _, p := range in.Pairs() {
			global[p.Name] = expand(p.Value, global)
		}
	}
	chain := f.Chain(f.Final())
	for i := len(chain) - 1; i >= 0; i-- {
		for _, in := range chain[i].Instructions {
			for _, p := range in.Pairs() {
				switch {
				case in.Name == "ARG" && !p.HasValue:
					if v, ok := global[p.Name]; ok {
						vars[p.Name] = v
					}
				case in.Name == "ARG" || in.Name == "ENV":
					vars[p.Name] = expand(p.Value, vars)
				}
			}
		}
	}
	return vars
}

// Pair is one name of ENV or ARG.
type Pair struct {
	Name, Value string
	HasValue    bool
}

// Pairs are the names that an ENV or ARG sets; none of other instructions.
func (i Instruction) Pairs() []Pair {
	if i.Name != "ENV" && i.Name != "ARG" {
		return nil
	}
	words := split(i.Args, false)
	if i.Name == "ENV" && len(words) > 1 && !strings.Contains(words[0], "=") { // ENV NAME the rest
		_, rest, _ := strings.Cut(i.Args, " ")
		return []Pair{{words[0], strings.TrimSpace(rest), true}}
	}
	var list []Pair
	for _, w := range words {
		name, value, ok := strings.Cut(w, "=")
		list = append(list, Pair{name, value, ok})
	}
	return list
}

// Words takes a shell's line apart: quotes, and variables where their value is known.
// What is not stays as it is written.
func Words(line string, vars map[string]string) []string {
	var out []string
	for _, w := range split(line, true) {
		out = append(out, expand(w, vars))
	}
	return out
}

// split is the words of a line without their quotes. A line for a shell also has
// operators, which are words of their own.
func split(line string, shell bool) []string {
	var words []string
	var w strings.Builder
	open := false
	end := func() {
		if open {
			words = append(words, w.String())
		}
		w.Reset()
		open = false
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\'' || c == '"':
			open = true
			j := i + 1
			for j < len(line) && line[j] != c {
				if line[j] == '\\' && c == '"' && j+1 < len(line) {
					j++
				}
				w.WriteByte(line[j])
				j++
			}
			i = j
		case c == '\\' && i+1 < len(line):
			i++
			w.WriteByte(line[i])
			open = true
		case c == ' ' || c == '\t':
			end()
		case shell && (c == ';' || c == '&' || c == '|'):
			end()
			words = append(words, string(c))
		default:
			w.WriteByte(c)
			open = true
		}
	}
	end()
	return words
}

// expand puts in $NAME, ${NAME} and ${NAME:-default} where the value is known.
func expand(text string, vars map[string]string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '$' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		j := i + 1
		braced := text[j] == '{'
		if braced {
			j++
		}
		k := j
		for k < len(text) && (text[k] == '_' || text[k] >= '0' && text[k] <= '9' || text[k] >= 'a' && text[k] <= 'z' || text[k] >= 'A' && text[k] <= 'Z') {
			k++
		}
		name, end, fallback := text[j:k], k, ""
		if braced {
			closing := strings.IndexByte(text[k:], '}')
			if closing < 0 {
				b.WriteString(text[i:])
				break
			}
			end = k + closing + 1
			fallback, _ = strings.CutPrefix(text[k:k+closing], ":-")
		}
		switch v, ok := vars[name]; {
		case ok && name != "":
			b.WriteString(v)
		case fallback != "":
			b.WriteString(fallback)
		default:
			b.WriteString(text[i:end])
		}
		i = end - 1
	}
	return b.String()
}
