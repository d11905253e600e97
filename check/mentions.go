package check

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/jstext"
	"github.com/portalctl/portalctl/internal/spec"
)

// mentions are the packages that a file may load, sorted: those in quotes behind
// import, require and from, whether these are code or part of a comment. Whatever
// imports finds is among them, at a small part of the work.
func mentions(name, src string) []string {
	src = strings.TrimPrefix(src, "\ufeff")
	var names []string
	looked := 0 // at so many bytes behind the words
	for _, word := range []string{"from", "import", "require"} {
		for at := range jstext.Words(src, word, isWordByte) {
			i := skipBlank(src, at+len(word))
			if word == "require" && i < len(src) && src[i] == '.' {
				if to := skipBlank(src, i+1); strings.HasPrefix(src[to:], "resolve") {
					i = skipBlank(src, to+len("resolve"))
				}
			}
			if i < len(src) && src[i] == '(' {
				i = skipBlank(src, i+1)
			}
			if looked += i - at; looked > 4*len(src) {
				return packagesOf(name, src) // comments in comments, made to cost time
			}
			if i == len(src) || src[i] != '"' && src[i] != '\'' && src[i] != '`' {
				continue
			}
			text := src[i+1:]
			if n := strings.IndexByte(text, src[i]); n >= 0 {
				text = text[:n]
			}
			looked += len(text)
			if strings.Contains(text, `\`) {
				return packagesOf(name, src)
			}
			if name := spec.PackageOf(text); name != "" {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// packagesOf are the packages that a file does load, sorted.
func packagesOf(name, src string) []string {
	var names []string
	for _, im := range scanSource(name, src).imports() {
		if name := spec.PackageOf(im.module); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// skipBlank is the place behind the white space and the comments at i.
func skipBlank(src string, i int) int {
	for i < len(src) {
		switch {
		case src[i] == ' ' || src[i] == '\t' || src[i] == '\r' || src[i] == '\n':
			i++
		case strings.HasPrefix(src[i:], "//"):
			n := strings.IndexByte(src[i:], '\n')
			if n < 0 {
				return len(src)
			}
			i += n
		case strings.HasPrefix(src[i:], "/*"):
			n := strings.Index(src[i+2:], "*/")
			if n < 0 {
				return len(src)
			}
			i += n + 4
		default:
			return i
		}
	}
	return i
}

// creators are the functions of makers that a file has the names of.
func creators(src string) []string {
	var names []string
	for from := 0; ; {
		n := strings.Index(src[from:], "create")
		if n < 0 {
			return names
		}
		at := from + n
		from = at + len("create")
		for from < len(src) && isWordByte(src[from]) {
			from++
		}
		word := src[at:from]
		if i := slices.IndexFunc(makers, func(mk maker) bool { return mk.name == word }); i >= 0 && !slices.Contains(names, word) {
			names = append(names, makers[i].name) // not word: that would keep the text
		}
	}
}

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
