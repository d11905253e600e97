// Package dockerfile reads a Dockerfile without building it: its stages, their
// instructions with the lines that they start in, and the command that an image of its
// last stage runs. It follows Docker's reference: escape directives, continued lines
// with comments between them, here-documents, the exec and the shell form.
package dockerfile

import (
	"encoding/json"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

// File is one Dockerfile.
type File struct {
	Name   string
	Global []Instruction // before the first FROM: ARG alone
	Stages []Stage
}

// Stage is one FROM with what follows it.
type Stage struct {
	// Name is what AS calls it, in lower case; From the image, or the name of another stage.
	Name, From   string
	Line         int
	Instructions []Instruction
}

// Instruction is one instruction.
type Instruction struct {
	Name string // in upper case
	Line int    // of its first line
	// Args is the rest, continued lines joined by a blank, without flags.
	Args string
	// Flags are those before the arguments, such as --from=build.
	Flags []string
	// Exec are the words of the exec form, nil for the shell form.
	Exec []string
	// Heredoc is the text of its here-documents.
	Heredoc string
	// Lines are the lines that the arguments stand in, with their numbers.
	Lines []line
}

// line is a line of an instruction.
type line struct {
	Number int
	Text   string
}

// Flag is the value of a flag such as from, "" without it.
func (i Instruction) Flag(name string) string {
	for _, f := range i.Flags {
		if v, ok := strings.CutPrefix(f, "--"+name+"="); ok {
			return v
		}
	}
	return ""
}

// LineOf is the line of the instruction that has a text, its first one if none has.
func (i Instruction) LineOf(text string) int {
	for _, l := range i.Lines {
		if strings.Contains(l.Text, text) {
			return l.Number
		}
	}
	return i.Line
}

// Parse reads a Dockerfile. An error has the line that is not an instruction.
func Parse(name string, src []byte) (*File, error) {
	p := parser{file: &File{Name: name}, lines: strings.Split(strings.ReplaceAll(string(src), "\r\n", "\n"), "\n"), escape: '\\'}
	p.directives()
	for p.at < len(p.lines) {
		if err := p.instruction(); err != nil {
			return nil, err
		}
	}
	return p.file, nil
}

type parser struct {
	file   *File
	lines  []string
	at     int
	escape byte
}

// directives reads the parser directives, which stand before everything else.
func (p *parser) directives() {
	for _, l := range p.lines {
		text, ok := strings.CutPrefix(strings.TrimSpace(l), "#")
		key, value, isDirective := strings.Cut(text, "=")
		if !ok || !isDirective {
			return
		}
		if strings.EqualFold(strings.TrimSpace(key), "escape") && strings.TrimSpace(value) == "`" {
			p.escape = '`'
		}
	}
}

func blank(line string) bool {
	t := strings.TrimSpace(line)
	return t == "" || t[0] == '#'
}

func (p *parser) instruction() error {
	if blank(p.lines[p.at]) {
		p.at++
		return nil
	}
	in := Instruction{Line: p.at + 1}
	var text strings.Builder
	for p.at < len(p.lines) {
		l := p.lines[p.at]
		if text.Len() > 0 && blank(l) {
			p.at++
			continue
		}
		p.at++
		in.Lines = append(in.Lines, line{p.at, l})
		trimmed := strings.TrimRight(l, " \t")
		rest, more := strings.CutSuffix(trimmed, string(p.escape))
		if !more {
			text.WriteString(l)
			break
		}
		text.WriteString(rest + " ")
	}
	word, args, _ := strings.Cut(strings.TrimSpace(text.String()), " ")
	in.Name = strings.ToUpper(word)
	if !known[in.Name] {
		return fault.At(fault.Pos{File: p.file.Name, Line: in.Line}, "this is not an instruction of a Dockerfile").
			WithNext("Begin the line with FROM, RUN, COPY or another instruction, or join it to the one before with a backslash")
	}
	in.Args = strings.TrimSpace(args)
	for strings.HasPrefix(in.Args, "--") && takesFlags[in.Name] {
		flag, rest, _ := strings.Cut(in.Args, " ")
		in.Flags, in.Args = append(in.Flags, flag), strings.TrimSpace(rest)
	}
	if strings.HasPrefix(in.Args, "[") {
		var exec []string
		if json.Unmarshal([]byte(in.Args), &exec) == nil {
			in.Exec = exec
		}
	}
	p.heredocs(&in)
	p.add(in)
	return nil
}

// heredocs takes the lines of the here-documents that an instruction opens.
func (p *parser) heredocs(in *Instruction) {
	if in.Name != "RUN" && in.Name != "COPY" && in.Name != "ADD" {
		return
	}
	var body strings.Builder
	for rest := in.Args; ; {
		i := strings.Index(rest, "<<")
		if i < 0 {
			break
		}
		word := strings.TrimPrefix(rest[i+2:], "-")
		rest = rest[i+2:]
		end := strings.IndexFunc(word, func(r rune) bool {
			return !(r == '_' || r == '"' || r == '\'' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
		})
		if end < 0 {
			end = len(word)
		}
		word = strings.Trim(word[:end], `"'`)
		if word == "" || word[0] >= '0' && word[0] <= '9' {
			continue
		}
		for p.at < len(p.lines) {
			l := p.lines[p.at]
			p.at++
			if strings.TrimLeft(l, "\t") == word {
				break
			}
			in.Lines = append(in.Lines, line{p.at, l})
			body.WriteString(l + "\n")
		}
	}
	in.Heredoc = body.String()
}

func (p *parser) add(in Instruction) {
	f := p.file
	if in.Name == "FROM" {
		words := strings.Fields(in.Args)
		s := Stage{Line: in.Line}
		if len(words) > 0 {
			s.From = words[0]
		}
		if len(words) > 2 && strings.EqualFold(words[1], "as") {
			s.Name = strings.ToLower(words[2])
		}
		f.Stages = append(f.Stages, s)
		return
	}
	if len(f.Stages) == 0 {
		f.Global = append(f.Global, in)
		return
	}
	last := &f.Stages[len(f.Stages)-1]
	last.Instructions = append(last.Instructions, in)
}

var takesFlags = map[string]bool{"FROM": true, "RUN": true, "COPY": true, "ADD": true, "HEALTHCHECK": true}

var known = map[string]bool{
	"FROM": true, "RUN": true, "CMD": true, "LABEL": true, "MAINTAINER": true, "EXPOSE": true, "ENV": true, "ADD": true, "COPY": true,
	"ENTRYPOINT": true, "VOLUME": true, "USER": true, "WORKDIR": true, "ARG": true, "ONBUILD": true, "STOPSIGNAL": true,
	"HEALTHCHECK": true, "SHELL": true,
}
