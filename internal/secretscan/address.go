package secretscan

import (
	"bytes"
	"strings"
)

// maxURL is how much of an address is looked at.
const maxURL = 1024

// url looks for a password in the address whose :// stands at a place.
func (s *scanner) url(at int) {
	begin := at
	for begin > max(0, at-24) && (keyChar(s.src[begin-1]) || s.src[begin-1] == '+') {
		begin--
	}
	text := before(s.src[at+3:min(len(s.src), at+3+maxURL)], " \t\r\n\"'`<>|\\,")
	if i := bytes.IndexAny(text, "/?#"); i >= 0 && bytes.IndexByte(text[:i], '@') >= 0 {
		text = text[:i]
	}
	last := bytes.LastIndexByte(text, '@')
	colon := bytes.IndexByte(text, ':')
	if begin == at || last < 0 || colon < 0 || colon > last || bytes.IndexByte(text[:colon], '/') >= 0 {
		return
	}
	user, pass := string(text[:colon]), string(text[colon+1:last])
	low := strings.ToLower(pass)
	if len(pass) < 3 || len(user) > 128 || reference().MatchString(pass) || reference().MatchString(user) || hollow().MatchString(pass) || strings.ContainsAny(pass, "{}") ||
		strings.HasPrefix(pass, ":") || strings.Contains(low, "token") && someWords().MatchString(pass) {
		return
	}
	start := at + 3 + colon + 1
	switch known := defaults[low] || low == strings.ToLower(user) || low == "pwd" || low == "passwd"; {
	case known && (s.prose || s.schema || s.kind == source || s.kind == other):
	case known:
		s.add(RuleDefault, "a password that everybody knows, in an address", start, start+len(pass))
	case s.prose && !random(pass), s.schema, number(pass) && len(pass) < 6:
	default:
		s.add(ruleURL, "a password in an address", start, start+len(pass))
	}
}

// header looks for credentials after the name of the header that takes them.
func (s *scanner) header(at int) {
	text := firstLine(s.src[at:min(len(s.src), at+after)])
	rest := bytes.TrimLeft(text, "\"':=, \t`+")
	for _, scheme := range []string{"bearer", "basic", "token", "geniekey", "apikey", "api-key", "key", "splunk", "sso-key"} {
		if !hasFolded(rest, scheme+" ") {
			continue
		}
		v := bytes.TrimLeft(rest[len(scheme):], " \t")
		v = bytes.TrimPrefix(v, []byte("token="))
		from := at + len(text) - len(v)
		n := 0
		for n < len(v) && (keyChar(v[n]) || strings.IndexByte("+/=~", v[n]) >= 0) {
			n++
		}
		if n < len(v) && (v[n] == '$' || v[n] == '{' || v[n] == '<' || v[n] == '*') {
			return
		}
		value := string(v[:n])
		if n >= 12 && random(value) && !hollow().MatchString(value) && !wellKnown(value) && !(s.prose && n < 30) {
			s.add(ruleHeader, "credentials in an Authorization header", from, from+n)
		}
		return
	}
}

// maxKey is how much of a private key is looked at.
const maxKey = 4096

// key looks for a private key whose first line begins at a place.
func (s *scanner) key(at int) {
	text := s.src[at:min(len(s.src), at+maxKey)]
	head := text[:min(len(text), 60)]
	i := bytes.Index(head, []byte("PRIVATE KEY"))
	if i < 0 || bytes.Contains(head[:i], []byte("\n")) {
		return
	}
	body := text[i:]
	if k := bytes.IndexByte(body[1:], '-'); k >= 0 {
		body = bytes.TrimLeft(body[1+k:], "-") // after the first line's dashes
	}
	end := len(body)
	if k := bytes.Index(body, []byte("-----END")); k >= 0 {
		end = k
	}
	n := 0
	for k, c := range body[:end] {
		switch {
		case base64Char(c):
			n++
		case c == '$' || c == '<' || c == '{' || c == '.' && k > 0 && body[k-1] == '.':
			return
		}
	}
	if n >= 100 && !hasFolded(body, "example") {
		s.add(ruleKey, "a private key", at, at+len(text)-len(body)+end)
	}
}

// login looks for the password that a command which logs in is given by -p, from a
// place after its name: docker login -u robot -p VALUE. The long form is a pair.
func (s *scanner) login(at int) {
	if s.kind == source || s.kind == jsonFile || s.prose || at >= len(s.src) || s.src[at] != ' ' {
		return
	}
	end := at + len(before(s.src[at:min(len(s.src), at+2*longest)], "\n;|&"))
	i := bytes.Index(s.src[at:end], []byte(" -p "))
	if i < 0 {
		return
	}
	from := at + i + len(" -p ")
	from += len(s.src[from:end]) - len(bytes.TrimLeft(s.src[from:end], " "))
	if from >= end {
		return
	}
	if q := s.src[from]; q == '"' || q == '\'' {
		if k := bytes.IndexByte(s.src[from+1:end], q); k > 0 {
			s.decide(password, "-p", from+1, from+1+k, true)
		}
		return
	}
	s.decide(password, "-p", from, from+word(s.src[from:end]), false)
}
