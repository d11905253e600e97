package registry

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/s2"

	"github.com/portalctl/portalctl/internal/jsonscan"
)

func TestReadPackument(t *testing.T) {
	src := doc("x", 300)
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(src), "byte by byte": iotest.OneByteReader(strings.NewReader(src)), "in halves": iotest.HalfReader(strings.NewReader(src)),
		"pretty": strings.NewReader(pretty(src)), "data with EOF": iotest.DataErrReader(strings.NewReader(src)),
	} {
		p, err := readPackument(r, maxPackument)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		versions := p.Versions()
		if len(versions) != 300 || versions[0] != "1.0.0" || versions[299] != "1.299.0" || p.DistTags["latest"] != "1.299.0" {
			t.Fatalf("%s: %d versions, tags %v", name, len(versions), p.DistTags)
		}
		for _, i := range []int{299, 0, 150} {
			m, err := p.Version(versions[i])
			if err != nil || m.Version != versions[i] || m.Dependencies["left-pad"] != "^"+versions[i] || m.Dist.Tarball == "" {
				t.Errorf("%s: manifest %+v, %v", name, m, err)
			}
		}
		if got, want := p.Time("1.7.0"), time.Date(2021, 1, 2, 3, 4, 7, 7e6, time.UTC); !got.Equal(want) {
			t.Errorf("%s: time %v, want %v", name, got, want)
		}
		raw, _ := p.raw("1.5.0")
		for _, gone := range []string{"readme", "devDependencies", "signatures"} {
			if strings.Contains(string(raw), gone) {
				t.Errorf("%s: %s is kept", name, gone)
			}
		}
	}
}

// pretty is src with white space of all kinds between the tokens.
func pretty(src string) string {
	return strings.NewReplacer(`":{"`, "\" :\r\n\t { \"", `","`, "\" ,\n  \"").Replace(src)
}

func TestOddPackuments(t *testing.T) {
	read := func(src string) (*Packument, error) { return readPackument(strings.NewReader(src), maxPackument) }
	p, err := read(`{"versions":{"1.0.0":{"deprecated":""},"1.0.1":{"deprecated":"old"},"1.0.2":{"deprecated":true},"1.0.3":{"deprecated":false},"1.0.4":null,
		"1.0.\u0035":{"name":"e\"\\","dist":"none"},"1.0.1":{"deprecated":"again"}},"dist-tags":{"latest":7,"next":"1.0.5"},"time":[],"name":"x","x":[[{"a":[]}],"]",{}],"e":{},"n":-1.5e3}`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1.0.0", "1.0.2", "1.0.3", "1.0.5", "1.0.1"}, p.Versions()); diff != "" {
		t.Error(diff)
	}
	got := map[string]bool{}
	for _, v := range p.Versions() {
		got[v] = p.Deprecated(v)
	}
	if diff := cmp.Diff(map[string]bool{"1.0.0": false, "1.0.1": true, "1.0.2": true, "1.0.3": false, "1.0.5": false}, got); diff != "" {
		t.Error(diff)
	}
	if m, err := p.Version("1.0.1"); err != nil || m.Deprecated != "again" {
		t.Errorf("of a version that is given twice the last counts: %+v, %v", m, err)
	}
	if m, err := p.Version("1.0.5"); err != nil || m.Name != `e"\` {
		t.Errorf("escapes: %+v, %v", m, err)
	}
	if !p.Time("1.0.0").IsZero() || p.Has("1.0.4") || len(p.DistTags) != 1 {
		t.Errorf("time %v, tags %v", p.Time("1.0.0"), p.DistTags)
	}
	if _, err := p.Version("9.9.9"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown version: %v", err)
	}
	if p, err := read(`{"versions":{}}`); err != nil || len(p.Versions()) != 0 {
		t.Errorf("no versions: %v", err)
	}
}

func TestNotAPackument(t *testing.T) {
	deep := `{"versions":{"1.0.0":{"x":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}}}`
	for _, tt := range []struct{ src, want string }{
		{"", "unexpected EOF"}, {"   ", "unexpected EOF"}, {"<html>", `'<' where an object is expected at byte 0`}, {`["a"]`, "where an object is expected"},
		{`{"name":"x"`, "unexpected EOF"}, {`{"versions":{"1.0.0":{"name":"x`, "unexpected EOF"}, {`{"name":"x"}`, "has no versions"},
		{`{"error":"not_found"}`, "has no versions"}, {`{"versions":[]}`, "has no versions"}, {`{"versions":{}} x`, "'x' after the end at byte 16"},
		{`{"versions":{"1.0.0":{"a":[1}]}}}`, "brackets that do not match at byte 28"}, {`{"a" 1}`, `'1' where ':' is expected at byte 5`}, {`{"a":1 "b":2}`, "where a comma is expected at byte 7"},
		{`{a:1}`, "where a key is expected at byte 1"}, {`{"a":}`, "where a value is expected at byte 5"}, {`{"a":1,}`, "where a key is expected at byte 7"},
		{`{"name":"\ud"}`, "a string that is not valid"}, {deep, "too deep nesting"},
		{`{"time":{"unpublished":{"time":"2020"}},"name":"x"}`, "was unpublished"},
	} {
		_, err := readPackument(strings.NewReader(tt.src), maxPackument)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40q: %v, want %q", tt.src, err, tt.want)
		}
	}
	for name, members := range map[string]string{"versions": `"1.0.0":{},`, "dist-tags": `"%d":"1.0.0",`, "time": `"%d":"2021-01-02T03:04:05Z",`} {
		var b strings.Builder
		b.WriteString(`{"name":"x","` + name + `":{`)
		for i := range maxMembers + 1 {
			b.WriteString(strings.Replace(members, "%d", strconv.Itoa(i), 1))
		}
		if _, err := readPackument(strings.NewReader(b.String()), maxPackument); !errors.Is(err, jsonscan.ErrTooLarge) {
			t.Errorf("endless %s: %v", name, err)
		}
	}
	if _, err := readPackument(strings.NewReader(doc("x", 100)), 10_000); !errors.Is(err, jsonscan.ErrTooLarge) {
		t.Errorf("limit: %v", err)
	}
}

// FuzzReadPackument checks the scanner against encoding/json: what that takes
// for an object of versions is read alike, and nothing panics.
func FuzzReadPackument(f *testing.F) {
	f.Add(doc("x", 2))
	f.Add(`{"versions":{"1.0.0":{"bin":"","dependencies":[],"os":"!win32","deprecated":true,"dist":{"tarball":1}}},"time":{"1.0.0":"x"}}`)
	f.Add("{\"versions\" : {\"\\u0031\":{} , \"b\":{\"name\":\"\\\"\\\\\"} }\n}")
	f.Fuzz(func(t *testing.T, src string) {
		p, err := readPackument(strings.NewReader(src), 1<<20)
		var want struct {
			Versions map[string]json.RawMessage `json:"versions"`
		}
		if jerr := json.Unmarshal([]byte(src), &want); jerr == nil && want.Versions != nil && !ambiguous(src) {
			if err != nil {
				t.Fatalf("refused %q: %v", src, err)
			}
			n := 0
			for v, raw := range want.Versions {
				if raw[0] != '{' {
					continue
				}
				n++
				m, err := p.Version(v)
				if err != nil {
					t.Fatalf("version %q of %q: %v", v, src, err)
				}
				all, err := ParseManifest(raw)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(all, m); diff != "" {
					t.Fatalf("manifest %q: %s", v, diff)
				}
			}
			if n != len(p.Versions()) {
				t.Fatalf("%d versions of %d in %q", len(p.Versions()), n, src)
			}
		}
		if err != nil {
			return
		}
		raw := encodeEntry(&cacheEntry{p: p, etag: "e", fetched: 7}, "r", "n")
		back, err := decodeEntry(raw, "r", "n")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p.Versions(), back.p.Versions()); diff != "" {
			t.Fatal(diff)
		}
		for _, v := range p.Versions() {
			a, _ := p.raw(v)
			b, _ := back.p.raw(v)
			if string(a) != string(b) || p.Time(v) != back.p.Time(v) || p.Deprecated(v) != back.p.Deprecated(v) {
				t.Fatalf("version %q differs after a turn through the cache", v)
			}
		}
	})
}

// ambiguous: keys in several spellings or given twice, and text that is not
// UTF-8, are read in their own way by encoding/json.
func ambiguous(src string) bool {
	return strings.Count(strings.ToLower(src), "versions") != 1 || !strings.Contains(src, `"versions"`) || strings.ContainsRune(src, '\ufffd') || strings.Contains(src, `\u`) || hasDuplicates(src)
}

func hasDuplicates(src string) bool {
	dec := json.NewDecoder(strings.NewReader(src))
	var seen []map[string]bool
	key := []bool{}
	for {
		tok, err := dec.Token()
		if err != nil {
			return false
		}
		top := len(seen) - 1
		switch tok := tok.(type) {
		case json.Delim:
			if tok == '{' || tok == '[' {
				if top >= 0 && seen[top] != nil {
					key[top] = true
				}
				seen, key = append(seen, nil), append(key, tok == '{')
				if tok == '{' {
					seen[len(seen)-1] = map[string]bool{}
				}
			} else {
				seen, key = seen[:top], key[:top]
			}
		case string:
			if top >= 0 && seen[top] != nil && key[top] {
				lower := strings.ToLower(tok)
				if seen[top][lower] {
					return true
				}
				seen[top][lower] = true
				key[top] = false
				continue
			}
			if top >= 0 {
				key[top] = true
			}
		default:
			if top >= 0 {
				key[top] = true
			}
		}
	}
}

func FuzzDecodeEntry(f *testing.F) {
	p, err := readPackument(strings.NewReader(doc("x", 3)), maxPackument)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encodeEntry(&cacheEntry{p: p}, "r", "n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 4 { // or else the checksum stops nearly everything
			raw = append([]byte(nil), raw...)
			end := len(raw) - 4
			binary.LittleEndian.PutUint32(raw[end:], checksum(raw[:end]))
		}
		e, err := decodeEntry(raw, "r", "n")
		if err != nil {
			return
		}
		for _, v := range e.p.Versions() {
			_, _ = e.p.Version(v)
		}
	})
}

// A cache file may be whole and still say what cannot be, by a mistake of the
// portalctl that wrote it: it must not end the process.
func TestCheck(t *testing.T) {
	block := s2.Encode(nil, []byte("0123456789"))
	for name, tt := range map[string]struct {
		block []byte
		e     entry
		ok    bool
	}{
		"all of a block":      {block, entry{off: 0, size: 10}, true},
		"no block":            {nil, entry{}, false},
		"a block too large":   {binary.AppendUvarint(nil, maxPackument+1), entry{}, false},
		"the largest block":   {binary.AppendUvarint(nil, maxPackument), entry{}, true},
		"another block":       {block, entry{block: 1}, false},
		"a block before":      {block, entry{block: -1}, false},
		"before the block":    {block, entry{off: -1, size: 1}, false},
		"a size below 0":      {block, entry{off: 1, size: -1}, false},
		"past the block":      {block, entry{off: 1, size: 10}, false},
		"far past, in 32 bit": {block, entry{off: math.MaxInt32, size: math.MaxInt32}, false},
	} {
		p := &Packument{blocks: [][]byte{tt.block}, entries: []entry{tt.e}}
		if err := p.check(); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
