package yarnlock

import "strings"

// berryKey takes the key off the current line and returns what follows its
// colon, trimmed. A key longer than 1024 characters stands after "? ", with its
// colon on the next line.
func (p *parser) berryKey() (key, rest string, err error) {
	if hasPrefix(p.text, "? ") {
		key, rest, err = p.scalarKey(p.text[2:], true)
		if err != nil || rest != "" {
			return key, rest, err
		}
		indent := p.indent
		if err := p.next(); err != nil {
			return "", "", err
		}
		if p.done {
			return "", "", p.cutShort("a long key has no colon")
		}
		if p.indent != indent || p.text[0] != ':' {
			return "", "", p.fail(p.at, "expected the colon of the long key above").WithNext("%s", nextRewrite)
		}
		return key, trim(p.text[1:]), nil
	}
	return p.scalarKey(p.text, false)
}

// scalarKey reads a key and, unless long, its colon.
func (p *parser) scalarKey(s string, long bool) (key, rest string, err error) {
	n := 0
	switch s[0] {
	case '"', '\'':
		if key, n, err = p.quoted(s); err != nil {
			return "", "", err
		}
		rest = s[n:]
	default:
		if key, rest = s, ""; !long {
			n = strings.IndexByte(s, ':')
			if n < 0 {
				return "", "", p.noColon(s)
			}
			key, rest = s[:n], s[n:]
		}
		if !isBare(key) {
			return "", "", p.fail(p.at, "%q cannot be a key without quotes", brief(key)).WithNext("%s", nextRewrite)
		}
	}
	if long {
		if rest != "" {
			return "", "", p.fail(p.at+len(p.text)-len(rest), "text after a long key").WithNext("%s", nextRewrite)
		}
		return key, "", nil
	}
	if rest == "" || rest[0] != ':' {
		return "", "", p.noColon(rest)
	}
	if len(rest) > 1 && rest[1] != ' ' {
		return "", "", p.fail(p.at+len(p.text)-len(rest)+1, "no space after the colon").WithNext("%s", nextRewrite)
	}
	return key, trim(rest[1:]), nil
}

func (p *parser) noColon(rest string) error {
	if p.eol == len(p.src) {
		return p.cutShort("the last line has no colon")
	}
	return p.fail(p.at+len(p.text)-len(rest), "expected a colon after the key").WithNext("%s", nextRewrite)
}

// scalar reads a value, which takes the rest of a line.
func (p *parser) scalar(s string) (string, error) {
	at := p.at + len(p.text) - len(s)
	switch {
	case s == "" && p.eol == len(p.src):
		return "", p.cutShort("the last line has no value")
	case s == "":
		return "", p.fail(at, "expected a value").WithNext("%s", nextRewrite)
	case s[0] == '"', s[0] == '\'' && p.lock.Kind == Berry:
		val, n, err := p.quoted(s)
		if err == nil && n != len(s) {
			return "", p.fail(at+n, "text after the quoted value").WithNext("%s", nextRewrite)
		}
		return val, err
	case p.lock.Kind == Berry && !isBare(s), p.lock.Kind == Classic && !bareToken(s):
		return "", p.fail(at, "%q cannot be a value without quotes", brief(s)).WithNext("%s", nextRewrite)
	}
	return s, nil
}

// quoted reads the quoted text that s, the end of the current line, starts
// with. Yarn writes double quotes only; formatters turn them into single ones.
func (p *parser) quoted(s string) (val string, n int, err error) {
	why := ""
	if s[0] == '"' {
		val, n, why = unquote(s)
	} else {
		val, n, why = unquoteSingle(s)
	}
	switch {
	case why == "":
		return val, n, nil
	case n == 0 && p.eol == len(p.src) && strings.HasSuffix(why, "no end"):
		return "", 0, p.cutShort(why)
	}
	return "", 0, p.fail(p.at+len(p.text)-len(s), "%s", why).WithNext("%s", nextRewrite)
}

// unquoteSingle reads YAML's single-quoted text: two quotes stand for one.
func unquoteSingle(s string) (val string, n int, why string) {
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			i++
			continue
		}
		return strings.ReplaceAll(s[1:i], "''", "'"), i + 1, ""
	}
	return "", 0, "the quoted text has no end"
}

// below moves to the first line of what is indented below name.
func (p *parser) below(name string, indent int) error {
	at := p.at
	if err := p.next(); err != nil {
		return err
	}
	switch {
	case p.done:
		return p.cutShort("nothing below " + brief(name))
	case p.indent <= indent-2:
		return p.fail(at, "nothing below %s", brief(name)).WithNext("%s", nextRewrite)
	case p.indent != indent:
		return p.badIndent(indent)
	}
	return nil
}

func (p *parser) badIndent(want int) error {
	return p.fail(p.at, "bad indentation: %d spaces instead of %d", p.indent, want).WithNext("%s", nextRewrite)
}

// block keeps the lines below a field that has no meaning here.
func (p *parser) block(e *Entry, name string) error {
	if err := p.below(name, 4); err != nil {
		return err
	}
	from := p.start
	for !p.done && p.indent > 2 {
		if err := p.next(); err != nil {
			return err
		}
	}
	text := strings.TrimSuffix(p.src[from:p.prev], "\n")
	e.Extra = append(e.Extra, Field{Name: name, Block: strings.TrimSuffix(text, "\r")})
	return nil
}

// noExtraTwins is noTwins for the fields without a meaning.
func (p *parser) noExtraTwins(e *Entry) error {
	if i := twin(len(e.Extra), func(i int) string { return e.Extra[i].Name }); i >= 0 {
		return p.badEntry(e, "%s is twice in this entry", brief(e.Extra[i].Name))
	}
	return nil
}

func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	return trimEnd(s)
}
