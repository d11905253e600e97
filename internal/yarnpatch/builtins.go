package yarnpatch

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/andybalholm/brotli"

	"github.com/portalctl/portalctl/internal/fault"
)

// maxPatch bounds a builtin patch; the largest so far has 4.1 MB.
const maxPatch = 64 << 20

// ErrNoBuiltins: the file has no builtin patches where Yarn 3 and 4 have them.
// The caller hands over to Yarn.
var ErrNoBuiltins = errors.New("no builtin patches found")

// BuiltinSet is the compat patches of one version of Yarn. It can be used by
// several goroutines at once.
type BuiltinSet struct {
	patches map[string]*builtin
}

// builtin is one package's patch, unpacked when it is first needed.
type builtin struct {
	packed  []byte // base64 of brotli
	once    sync.Once
	effects []effect
	err     error
}

// Builtins finds the compat patches in cjs, the bundle of a Yarn release
// (yarnPath, .yarn/releases/yarn-X.cjs). Nothing in it is executed: the
// patches are string literals, found by the code around them.
//
// plugin-compat has a map of packages to functions and, for each, a function
// around the literal; minified:
//
//	function f(){return typeof v>"u"&&(v=require("zlib").brotliDecompressSync(
//	  Buffer.from("…","base64")).toString()),v}
//	new Map([[u.makeIdent(null,"resolve").identHash,f],…])
func Builtins(cjs []byte) (*BuiltinSet, error) {
	set := &BuiltinSet{patches: make(map[string]*builtin)}
	rest := cjs
	for {
		i := bytes.Index(rest, []byte(".identHash,"))
		if i < 0 {
			break
		}
		name, ok := identBefore(rest[:i])
		rest = rest[i+len(".identHash,"):]
		if !ok {
			continue
		}
		fn, ok := callee(rest)
		if !ok {
			continue
		}
		packed, ok := literalOf(cjs, fn)
		if !ok {
			continue
		}
		set.patches[name] = &builtin{packed: bytes.Clone(packed)}
	}
	if len(set.patches) == 0 {
		return nil, fault.Wrap(ErrNoBuiltins, fault.Pos{}, "reading Yarn's own patches out of its bundle").
			WithNext("let the repository's own Yarn write the lockfile: --lockfile yarn")
	}
	return set, nil
}

// identBefore reads `makeIdent(null,"name")` or `makeIdent("scope","name")`
// off the end of b.
func identBefore(b []byte) (name string, ok bool) {
	if len(b) > 300 {
		b = b[len(b)-300:]
	}
	i := bytes.LastIndex(b, []byte("makeIdent("))
	if i < 0 {
		return "", false
	}
	args, ok := bytes.CutSuffix(b[i+len("makeIdent("):], []byte(")"))
	if !ok {
		return "", false
	}
	scope, rest, ok := bytes.Cut(args, []byte(","))
	if !ok || len(rest) < 3 || rest[0] != '"' || bytes.IndexByte(rest[1:], '"') != len(rest)-2 {
		return "", false
	}
	name = string(rest[1 : len(rest)-1])
	if s := string(scope); s != "null" {
		if len(s) < 3 || s[0] != '"' || s[len(s)-1] != '"' {
			return "", false
		}
		name = "@" + s[1:len(s)-1] + "/" + name
	}
	return name, true
}

// callee reads `f]` off the beginning of b.
func callee(b []byte) (fn []byte, ok bool) {
	n := 0
	for n < len(b) && (isWord(b[n]) || b[n] == '$') {
		n++
	}
	return b[:n], n > 0 && n < len(b) && b[n] == ']'
}

// literalOf is the base64 literal in function fn.
func literalOf(cjs, fn []byte) ([]byte, bool) {
	const before, after = `brotliDecompressSync(Buffer.from("`, `","base64")`
	head := slices.Concat([]byte("function "), fn, []byte("(){"))
	i := bytes.Index(cjs, head)
	if i < 0 {
		return nil, false
	}
	body := cjs[i+len(head):]
	j := bytes.Index(body[:min(len(body), 300)], []byte(before))
	if j < 0 {
		return nil, false
	}
	body = body[j+len(before):]
	k := bytes.IndexByte(body, '"')
	if k < 0 || !bytes.HasPrefix(body[k:], []byte(after)) {
		return nil, false
	}
	return body[:k], true
}

// Patch is what Yarn does to version of package name, which may be nothing:
// then its hash is that of no effects, and the zip is made anew all the same.
// ok is false for a package that Yarn has no patch for.
func (s *BuiltinSet) Patch(name, version string) (p *Patch, ok bool, err error) {
	b := s.patches[name]
	if b == nil {
		return nil, false, nil
	}
	b.once.Do(b.unpack)
	if b.err != nil {
		return nil, true, fault.Wrap(b.err, fault.Pos{}, "Yarn's own patch of %s cannot be read", name).
			WithNext("let the repository's own Yarn write the lockfile: --lockfile yarn")
	}
	return selectFor([]effects{{b.effects, true}}, version), true, nil
}

func (b *builtin) unpack() {
	r := brotli.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(b.packed)))
	text, err := io.ReadAll(io.LimitReader(r, maxPatch+1))
	switch {
	case err != nil:
		b.err = err
	case len(text) > maxPatch:
		b.err = errors.New("it is too large")
	default:
		b.effects, b.err = parse(string(text))
	}
	b.packed = nil
}
