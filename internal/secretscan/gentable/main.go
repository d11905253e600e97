// Command gentable writes internal/secretscan/table.tsv from the rules that gitleaks
// publishes, its config/gitleaks.toml:
//
//	go run ./internal/secretscan/gentable -from FILE
//
// The file is generated itself, and always of one form: a key and its value or list
// of values on lines of their own, texts in quotes or in three of them.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// ours are rules that internal/secretscan has itself, by the structure of files.
var ours = []string{"generic-api-key", "private-key", "kubernetes-secret-yaml"}

// keywords take the place of a rule's own, which are in every second line of code;
// what a JWT begins with is base64 of {".
var keywords = map[string]string{"jwt": "eyj", "vault-service-token": "hvs."}

func main() {
	from := flag.String("from", "", "gitleaks' `FILE` config/gitleaks.toml")
	to := flag.String("to", "internal/secretscan/table.tsv", "`FILE` to write")
	flag.Parse()
	src, err := os.ReadFile(*from)
	if err == nil {
		var out string
		if out, err = table(string(src)); err == nil {
			err = os.WriteFile(*to, []byte(out), 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gentable:", err)
		os.Exit(1)
	}
}

// block is a table of the file: its name, and the texts of each key.
type block struct {
	name   string
	values map[string][]string
}

var (
	header = regexp.MustCompile(`^\[\[?([a-z.]+)\]\]?$`)
	assign = regexp.MustCompile(`^([a-zA-Z]+) = (.*)$`)
	quoted = regexp.MustCompile(`^'''(.*)''',?$|^"(.*)",?$`)
)

// text is a value that stands on one line.
func text(s string) (string, error) {
	if m := quoted.FindStringSubmatch(s); m != nil {
		if strings.Contains(m[2], `\`) {
			return "", fmt.Errorf("an escape in %s", s)
		}
		return m[1] + m[2], nil
	}
	if strings.ContainsAny(s, `'"[`) {
		return "", fmt.Errorf("not understood: %s", s)
	}
	return s, nil
}

func blocks(src string) ([]block, error) {
	list := []block{{values: map[string][]string{}}}
	inList := ""
	for line := range strings.Lines(src) {
		line = strings.TrimSpace(line)
		last := &list[len(list)-1]
		switch m := assign.FindStringSubmatch(line); {
		case line == "" || strings.HasPrefix(line, "#"):
		case inList != "" && line == "]":
			inList = ""
		case inList != "":
			v, err := text(line)
			if err != nil {
				return nil, err
			}
			last.values[inList] = append(last.values[inList], v)
		case header.MatchString(line):
			list = append(list, block{header.FindStringSubmatch(line)[1], map[string][]string{}})
		case m != nil && m[2] == "[":
			inList = m[1]
		case m != nil && strings.HasPrefix(m[2], "["):
			for _, v := range strings.Split(strings.Trim(m[2], "[]"), ",") {
				v, err := text(strings.TrimSpace(v))
				if err != nil {
					return nil, err
				}
				last.values[m[1]] = append(last.values[m[1]], v)
			}
		case m != nil:
			v, err := text(m[2])
			if err != nil {
				return nil, err
			}
			last.values[m[1]] = []string{v}
		default:
			return nil, fmt.Errorf("not understood: %s", line)
		}
	}
	return list, nil
}

func (b block) one(key string) string { return strings.Join(b.values[key], "\x1f") }

// table has a line for each rule and for each list of exceptions: those before the
// first rule are for all, the others for the rule above them.
func table(src string) (string, error) {
	list, err := blocks(src)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	line := func(fields ...string) {
		for _, f := range fields {
			if strings.ContainsAny(f, "\t\n") {
				err = errors.Join(err, fmt.Errorf("a tab in %q", f))
			}
		}
		out.WriteString(strings.Join(fields, "\t") + "\n")
	}
	rules, skip := 0, false
	for _, b := range list {
		switch b.name {
		case "rules":
			if skip = slices.Contains(ours, b.one("id")) || b.one("regex") == ""; skip {
				continue
			}
			rules++
			for _, re := range []string{b.one("regex"), b.one("path")} {
				_, e := regexp.Compile(re)
				err = errors.Join(err, e)
			}
			words := cmp.Or(keywords[b.one("id")], b.one("keywords"))
			line("rule", b.one("id"), b.one("entropy"), b.one("secretGroup"), words, b.one("path"), b.one("regex"))
		case "allowlist", "rules.allowlists":
			if !skip {
				// Examples of libraries, in full: other scanners would find them here.
				b.values["regexes"] = slices.DeleteFunc(b.values["regexes"], func(re string) bool { return strings.HasPrefix(re, "AIza") })
				line("allow", b.one("regexTarget"), b.one("condition"), b.one("paths"), b.one("regexes"), b.one("stopwords"))
			}
		}
	}
	if rules < 100 {
		return "", fmt.Errorf("%d rules only: is it gitleaks' own file?", rules)
	}
	return out.String(), err
}
