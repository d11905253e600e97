package secretscan

import (
	"bytes"
	"strings"
)

// keyChar is a character of a key's name.
func keyChar(c byte) bool {
	return c == '_' || c == '-' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// longest is how long a key and what is between it and its value may be; a value may
// have up to after bytes.
const longest = 120

// pair judges the key around a word that is in the names of secrets, and its value.
func (s *scanner) pair(start, end int) {
	low, high := max(0, start-longest), min(len(s.src), end+longest)
	for start > low && keyChar(s.src[start-1]) {
		start--
	}
	for end < high && keyChar(s.src[end]) {
		end++
	}
	if start == low && low > 0 || end == high && high < len(s.src) {
		return
	}
	flag := start
	for start < end && s.src[start] == '-' {
		start++
	}
	key := string(s.src[start:end])
	if strings.EqualFold(key, "authorization") || strings.EqualFold(key, "proxy-authorization") {
		s.header(end)
		return
	}
	c := classOf(key)
	if c == noSecret || start > low && s.src[start-1] == '/' && s.kind == yamlFile && plainPrefix(s.src[low:start-1]) {
		return
	}
	if start > 1 && s.src[start-1] == '{' && s.src[start-2] == '$' { // ${NAME:-value}
		s.fallback(c, key, end)
		return
	}
	at, ok := s.operator(flag, start, end)
	if !ok {
		if s.kind == yamlFile {
			s.named(c, key, start)
		}
		return
	}
	from, to, quoted := s.value(at)
	s.decide(c, key, from, to, quoted)
}

// plainPrefix reports whether a key whose name follows a slash is about a secret and
// has none: checksum/secret is the sum of a file, agent-inject-secret-db a path.
func plainPrefix(before []byte) bool {
	n := len(before)
	for n > 0 && keyChar(before[n-1]) {
		n--
	}
	switch prefix := strings.ToLower(string(before[n:])); prefix {
	case "checksum", "checksums", "hash", "digest", "sha256", "vault.hashicorp.com":
		return true
	default:
		return strings.HasPrefix(prefix, "checksum.") || strings.HasSuffix(prefix, "-checksum")
	}
}

// fallback judges what a variable is where it is not set.
func (s *scanner) fallback(c class, key string, end int) {
	text := s.src[end:min(len(s.src), end+longest)]
	rest := bytes.TrimLeft(text, ":")
	if len(rest) == 0 || rest[0] != '-' && rest[0] != '=' {
		return
	}
	from := end + len(text) - len(rest) + 1
	if i := bytes.IndexAny(rest, "}\n"); i > 0 && rest[i] == '}' {
		s.decide(c, key, from, from+i-1, true)
	}
}

// decide judges a value, and adds it if it is a secret.
func (s *scanner) decide(c class, key string, from, to int, quoted bool) {
	if from >= to || s.claimed[from] || s.sealed && to-from > 200 {
		return
	}
	if rule := s.judge(c, key, string(s.src[from:to]), quoted, s.inComment(from)); rule != "" {
		what := "the value of " + key
		if rule == RuleDefault {
			what = "a password that everybody knows, as the value of " + key
		}
		s.add(rule, what, from, to)
	}
}

// lineStart is where the line of a place begins, or the part of it that is looked at.
func (s *scanner) lineStart(at int) int {
	low := max(0, at-2*longest)
	return low + bytes.LastIndexByte(s.src[low:at], '\n') + 1
}

// inComment reports whether a place is in a line that is a comment.
func (s *scanner) inComment(at int) bool {
	line := bytes.TrimLeft(s.src[s.lineStart(at):at], " \t")
	return bytes.HasPrefix(line, []byte("#")) || bytes.HasPrefix(line, []byte("//")) || bytes.HasPrefix(line, []byte("* "))
}

// operator finds where a value begins, after what assigns it to the key.
func (s *scanner) operator(flag, start, end int) (at int, ok bool) {
	src := s.src
	i := end
	for i < len(src) && i < end+3 && (src[i] == '"' || src[i] == '\'' || src[i] == ']') {
		i++
	}
	space := i
	for i < len(src) && i < space+longest && (src[i] == ' ' || src[i] == '\t') {
		i++
	}
	if i >= len(src) {
		return 0, false
	}
	line := bytes.TrimLeft(src[s.lineStart(start):start], " \t")
	assign := bytes.HasPrefix(src[i:], []byte("=>")) || bytes.HasPrefix(src[i:], []byte(":="))
	switch c := src[i]; {
	case assign:
		i += 2
	case c == '=' && !bytes.HasPrefix(src[i:], []byte("==")), c == ':' && !bytes.HasPrefix(src[i:], []byte("::")):
		i++
	case i > space && s.kind == dockerfile && hasFolded(line, "env "), i > space && start-flag == 2 && s.kind != source && s.kind != jsonFile:
		return i, true // ENV NAME value; --password value
	default:
		return 0, false
	}
	if (s.kind == yamlFile || s.kind == shell) && src[i-1] == ':' && i < len(src) && src[i] != ' ' && src[i] != '\t' && src[i] != '\n' && src[i] != '\r' && space == end {
		return 0, false // a:b is a text in YAML
	}
	for k := i; i < len(src) && i < k+longest && (src[i] == ' ' || src[i] == '\t'); {
		i++
	}
	if s.kind == source && src[i-1] != '=' && i < len(src) && keyChar(src[i]) {
		// name: type = value
		k := bytes.IndexAny(src[i:min(len(src), i+longest)], "=\"'`,;()\n")
		if k > 0 && src[i+k] == '=' {
			i += k + 1
			i += len(src[i:]) - len(bytes.TrimLeft(src[i:], " "))
		}
	}
	return i, true
}

// value is the text of a value that begins at a place.
func (s *scanner) value(at int) (from, to int, quoted bool) {
	src := s.src
	most := min(len(src), at+2*after)
	if at >= most {
		return at, at, false
	}
	most = at + len(firstLine(src[at:most]))
	if q := src[at]; q == '"' || q == '\'' || q == '`' {
		for i := at + 1; i < most; i++ {
			if src[i] == '\\' && q != '\'' {
				i++
			} else if src[i] == q {
				return at + 1, i, true
			}
		}
		return at, at, false
	}
	if s.kind == yamlFile && (src[at] == '|' || src[at] == '>') && len(bytes.TrimSpace(src[at:most])) <= 2 {
		return s.below(at, most)
	}
	to = most
	line := src[s.lineStart(at):at]
	switch s.kind {
	case yamlFile:
		to = at + len(uncommented(src[at:to]))
		if bytes.IndexByte(line, '{') >= 0 {
			if i := bytes.IndexAny(src[at:to], ",}"); i >= 0 && src[at] != '$' && src[at] != '{' {
				to = at + i
			}
		}
		if bytes.Contains(line, []byte("=")) || bytes.Contains(line, []byte("--")) { // a command
			to = at + word(src[at:to])
		}
	case shell, dockerfile:
		to = at + word(src[at:to])
	case lines:
		to = at + len(uncommented(src[at:to]))
	}
	text := bytes.TrimRight(src[at:to], " \t\r,;")
	return at, at + len(text), false
}

// before is a text up to the first of some characters.
func before(text []byte, chars string) []byte {
	if i := bytes.IndexAny(text, chars); i >= 0 {
		return text[:i]
	}
	return text
}

// firstLine is a text up to the end of its line.
func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return line
}

// uncommented is a line without the comment at its end.
func uncommented(line []byte) []byte {
	line, _, _ = bytes.Cut(line, []byte(" #"))
	return line
}

// word is how long the first word of a command is.
func word(text []byte) int {
	if i := bytes.IndexAny(text, " \t\"';&|)`"); i >= 0 && !bytes.HasPrefix(text, []byte("$")) {
		return i
	}
	return len(text)
}

// below is the first line of a block.
func (s *scanner) below(at, end int) (from, to int, quoted bool) {
	rest := s.src[end:min(len(s.src), end+after)]
	text := bytes.TrimLeft(rest, " \t\r\n")
	from = end + len(rest) - len(text)
	text = bytes.TrimRight(firstLine(text), " \t\r")
	if i := bytes.Index(text, []byte(": ")); i >= 0 || len(text) > 0 && from > 0 && s.src[from-1] == '\n' {
		return at, at, false // not deeper, or another key
	}
	return from, from + len(text), false
}

// named judges - name: KEY, whose value stands on the line below or above.
func (s *scanner) named(c class, key string, start int) {
	begin := s.lineStart(start)
	if name := strings.Trim(string(s.src[begin:start]), " \t-\"'"); name != "name:" && name != "key:" {
		return
	}
	next := s.src[start:min(len(s.src), start+longest)]
	if i := bytes.IndexByte(next, '\n'); i >= 0 {
		if s.valueLine(c, key, start+i+1) {
			return
		}
	}
	if begin > 1 {
		s.valueLine(c, key, s.lineStart(begin-1))
	}
}

// valueLine judges a line that is value: TEXT.
func (s *scanner) valueLine(c class, key string, at int) bool {
	end := min(len(s.src), at+longest)
	line := s.src[at:end]
	text := bytes.TrimLeft(line, " \t-")
	for _, word := range []string{"value:", "defaultValue:"} {
		if rest, ok := bytes.CutPrefix(text, []byte(word)); ok {
			value := bytes.TrimLeft(rest, " \t")
			from, to, quoted := s.value(at + len(line) - len(value))
			s.decide(c, key, from, to, quoted)
			return true
		}
	}
	return false
}
