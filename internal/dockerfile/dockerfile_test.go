package dockerfile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommand(t *testing.T) {
	for _, c := range []struct {
		name, src, want string
		line            int
	}{
		{"exec", "FROM node\nCMD [\"node\", \"packages/backend\", \"--config\", \"a.yaml\"]\n", "node packages/backend --config a.yaml", 2},
		{"shell form", "FROM node\nCMD node packages/backend --config 'a b.yaml'\n", "node packages/backend --config a b.yaml", 2},
		{"a shell in exec form, and variables", "ARG E=heroku\nFROM node\nARG E\nENV E=${E}\nCMD [\"sh\", \"-c\", \"node x --config app-config.${E}.yaml\"]\n", "node x --config app-config.heroku.yaml", 5},
		{"a default in the shell", "FROM node\nCMD node x --config ${CONF:-a.yaml}\n", "node x --config a.yaml", 2},
		{"entrypoint and cmd", "FROM node\nENTRYPOINT [\"node\", \"packages/backend\"]\nCMD [\"--config\", \"a.yaml\"]\n", "node packages/backend --config a.yaml", 3},
		{"entrypoint has the config", "FROM node\nENTRYPOINT [\"node\", \"--config\", \"a.yaml\"]\nCMD [\"--x\"]\n", "node --config a.yaml --x", 2},
		{"shell entrypoint takes no cmd", "FROM node\nENTRYPOINT node x\nCMD [\"--config\", \"a.yaml\"]\n", "node x", 2},
		{"of an earlier stage", "FROM node AS Base\nCMD [\"node\", \"x\"]\nFROM base\nRUN true\n", "node x", 2},
		{"entrypoint resets the base's cmd", "FROM node AS base\nCMD [\"node\", \"x\"]\nFROM base\nENTRYPOINT [\"y\"]\n", "y", 4},
		{"another stage's does not count", "FROM node AS build\nCMD [\"build\"]\nFROM node\nRUN true\n", "", 0},
		{"the last one counts", "FROM node\nCMD [\"a\"]\nCMD [\"b\"]\n", "b", 3},
		{"continued, with comments between", "FROM node\nRUN a && \\\n  # why\n\n  b\nCMD [\"node\", \\\n  \"x\"]\n", "node x", 6},
		{"another escape", "# escape=`\nFROM node\nRUN a `\n  b\nCMD [\"c\"]\n", "c", 5},
		{"here-document", "FROM node\nRUN <<EOF\nCMD [\"no\"]\nnot an instruction\nEOF\nCMD [\"yes\"]\n", "yes", 6},
		{"CRLF", "FROM node\r\nCMD [\"a\"]\r\n", "a", 2},
	} {
		f, err := Parse("Dockerfile", []byte(c.src))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		words, at, _ := f.Command()
		if got := strings.Join(words, " "); got != c.want || at.Line != c.line {
			t.Errorf("%s: %q in line %d, want %q in line %d", c.name, got, at.Line, c.want, c.line)
		}
	}
}

func TestParse(t *testing.T) {
	f, err := Parse("Dockerfile", []byte("ARG V=1\nFROM node:$V AS build\nCOPY --from=x --chown=a:b a b /c\nENV A=1 B=\"two words\"\nENV C the rest\nARG D\nUSER node\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := f.Final()
	var pairs []Pair
	for _, in := range s.Instructions {
		pairs = append(pairs, in.Pairs()...)
	}
	if diff := cmp.Diff([]Pair{{"A", "1", true}, {"B", "two words", true}, {"C", "the rest", true}, {"D", "", false}}, pairs); diff != "" {
		t.Error(diff)
	}
	if c := s.Instructions[0]; c.Flag("from") != "x" || c.Args != "a b /c" || c.Line != 3 {
		t.Errorf("COPY is %+v", c)
	}
	if _, err := Parse("Dockerfile", []byte("FROM node\n{{ template }}\n")); err == nil || !strings.Contains(err.Error(), "Dockerfile:2") {
		t.Errorf("no instruction: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("FROM a\nRUN <<E\nx\nE\nCMD [\"a\"]\nENV A=${B:-c} D\nCMD sh -c \"$A ${\"\n")
	f.Fuzz(func(t *testing.T, src string) {
		if file, err := Parse("Dockerfile", []byte(src)); err == nil {
			file.Command()
		}
	})
}
