package secretscan

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"
)

// The shortest and the longest base64 that is looked into.
const (
	minRun = 24
	maxRun = 1 << 16
)

func base64Char(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '+' || c == '/'
}

// base64 looks into what is base64 of a text, once.
func (s *scanner) base64() {
	for i := 0; i < len(s.src); {
		start := i
		for i < len(s.src) && base64Char(s.src[i]) {
			i++
		}
		if n := i - start; n >= minRun && n <= maxRun && !bytes.HasSuffix(s.src[max(0, start-8):start], []byte("base64,")) {
			s.inner(start, i)
		}
		i++
	}
}

// decode is the text that base64 has, if it is one.
func decode(text []byte) ([]byte, bool) {
	text = bytes.TrimRight(text, "=")
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, err := base64.RawStdEncoding.Decode(out, text)
	if err != nil || !utf8.Valid(out[:n]) {
		return nil, false
	}
	for _, c := range out[:n] {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return nil, false
		}
	}
	return out[:n], n > 0
}

// inner looks for secrets in what a run decodes to; they stand where the run does.
func (s *scanner) inner(start, end int) {
	if s.decoded += end - start; s.decoded > maxDecoded {
		s.partial = true
		return
	}
	text, ok := decode(s.src[start:end])
	if !ok {
		return
	}
	in := &scanner{file: s.file, src: text, inside: true, work: s.work, claimed: map[int]bool{}}
	in.kind = other
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		in.kind = jsonFile
	}
	in.look()
	s.work, s.partial = in.work, s.partial || in.partial
	if len(in.hits) > 0 {
		f := slices.MinFunc(in.hits, func(a, b found) int { return a.rank() - b.rank() })
		s.add(f.rule, f.what+", in base64", start, end)
	}
}

// kubernetes judges the data of Secrets: each value is base64, and its key may be any.
func (s *scanner) kubernetes() {
	if s.kind != yamlFile || !bytes.Contains(s.src, []byte("kind: Secret")) || s.test || s.prose {
		return
	}
	at := 0
	for at < len(s.src) {
		end := len(s.src)
		if i := bytes.Index(s.src[at:], []byte("\n---")); i >= 0 {
			end = at + i + 1
		}
		s.secretDoc(at, end)
		at = end + len("---")
	}
}

// secretDoc judges one document, if it is a Secret.
func (s *scanner) secretDoc(at, end int) {
	doc := s.src[min(at, end):end]
	if !bytes.Contains(doc, []byte("kind: Secret\n")) && !bytes.Contains(doc, []byte("kind: Secret\r")) {
		return
	}
	inData, plain, depth := false, false, 0
	for off := at; off < end; {
		line := firstLine(s.src[off:end])
		text := bytes.TrimLeft(line, " ")
		indent := len(line) - len(text)
		name := string(bytes.TrimSpace(text))
		switch {
		case name == "" || strings.HasPrefix(name, "#"):
		case name == "data:" || name == "stringData:":
			inData, plain, depth = true, name == "stringData:", indent
		case inData && indent <= depth:
			inData = false
		case inData:
			if key, rest, ok := strings.Cut(string(text), ":"); ok {
				value := strings.TrimLeft(rest, " \t")
				s.secretData(strings.Trim(key, `"'`), off+indent+len(key)+1+len(rest)-len(value), plain)
			}
		}
		off += len(line) + 1
	}
}

// secretData judges a value of a Secret.
func (s *scanner) secretData(key string, at int, plain bool) {
	from, to, quoted := s.value(at)
	if from >= to {
		return
	}
	v := string(s.src[from:to])
	c := classOf(key)
	if !plain {
		s.claimed[from] = true
		text, ok := decode(s.src[from:to])
		if !ok {
			if c != noSecret && !reference().MatchString(v) && len(v) >= 16 && strings.Trim(v, b64) == "" {
				s.add(ruleLiteral, "the value of "+key+" of a Secret", from, to)
			}
			return
		}
		v = strings.TrimSpace(string(text))
	}
	if c == noSecret && !strings.ContainsAny(v, " \n:{") && len(v) >= 16 && random(v) && !strings.Contains(v, ".") {
		c = token
	}
	if rule := s.judge(c, key, v, quoted, false); rule != "" {
		s.claimed[from] = true
		s.add(rule, "the value of "+key+" of a Secret", from, to)
	}
}

const b64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
