package setup

import (
	"bytes"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
)

// ignoreParts keep copies of databases out of git and out of images. A snapshot that is
// made below the portal is refused unless git ignores its folder.
func ignoreParts(f *Facts) []part {
	const serves = "snapshot"
	list := []part{{kind: kindIgnore, path: f.At(".gitignore"), serves: serves,
		merge: lines("# portalctl snapshot: copies of databases (--dir .portalctl/snapshots)", "/.portalctl/", "*.dump.zst")}}
	for _, name := range []string{".dockerignore", "packages/backend/Dockerfile.dockerignore"} {
		if !f.has(f.At(name)) && (name != ".dockerignore" || !f.hasImage()) {
			continue
		}
		list = append(list, part{kind: kindIgnore, path: f.At(name), serves: serves,
			merge: lines("# portalctl snapshot: copies of databases", ".portalctl", "**/*.dump.zst")})
	}
	return list
}

// hasImage reports whether the portal's root is what an image is built from.
func (f *Facts) hasImage() bool {
	return slices.ContainsFunc([]string{"Dockerfile", "Containerfile", "packages/backend/Dockerfile"}, func(name string) bool { return f.has(f.At(name)) })
}

// lines adds those of lines that a file does not have, under a comment.
func lines(comment string, want ...string) func(old []byte) (merged, error) {
	return func(old []byte) (merged, error) {
		have := map[string]bool{}
		for l := range strings.Lines(string(old)) {
			have[strings.TrimSpace(l)] = true
		}
		var missing []string
		for _, l := range want {
			if !have[l] {
				missing = append(missing, l)
			}
		}
		if len(missing) == 0 {
			return merged{text: old, why: "it has " + english.And(want)}, nil
		}
		return merged{text: appended(old, append([]string{comment}, missing...)...), why: "adds " + english.And(missing)}, nil
	}
}

// appended is a text with lines at its end, after a blank one, in the text's own line
// ends.
func appended(old []byte, lines ...string) []byte {
	eol := lineEnd(old)
	out := bytes.Clone(old)
	if len(old) > 0 {
		if !bytes.HasSuffix(old, []byte("\n")) {
			out = append(out, eol...)
		}
		out = append(out, eol...)
	}
	for _, l := range lines {
		out = append(append(out, l...), eol...)
	}
	return out
}

// lineEnd is what the lines of a text end with.
func lineEnd(text []byte) string {
	if bytes.Contains(text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}
