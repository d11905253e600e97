package setup

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
)

// whole is a file of init's own with its first comment. A script keeps its #! line
// before that.
func (p part) whole() []byte {
	if p.bare {
		return []byte(p.text)
	}
	first, rest := "", p.text
	if strings.HasPrefix(rest, "#!") {
		line, after, _ := strings.Cut(rest, "\n")
		first, rest = line+"\n", after
	}
	return []byte(first + p.comment() + "\n" + rest)
}

// comment is the first comment: the command that the file serves, and the mark.
func (p part) comment() string {
	text := fmt.Sprintf("portalctl %s: %s. Written by portalctl init, mark %s; once it is edited it is yours, and init leaves it alone.", p.serves, p.why, mark([]byte(p.text)))
	switch path.Ext(p.path) {
	case ".md":
		return "<!-- " + text + " -->"
	case ".json5":
		return "// " + text
	}
	return "# " + text
}

// mark is a short seal of a text. A checkout with Windows' line ends has the same one, and
// so has a workflow of which only pins were moved.
func mark(text []byte) string {
	sum := sha256.Sum256(withoutPins(unix(text)))
	return fmt.Sprintf("%x", sum[:8])
}

// unix is a text with Unix's line ends.
func unix(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

var marked = pattern.New(`^(?:#|//|<!--) portalctl [^\n]*Written by portalctl init, mark ([0-9a-f]{16});[^\n]*$`)

// stateOf says what has become of a file that portalctl may have written.
func (p part) stateOf(old []byte) State {
	line, rest, _ := bytes.Cut(old, []byte("\n"))
	script := []byte{}
	if bytes.HasPrefix(line, []byte("#!")) {
		script = append(append(script, line...), '\n')
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
	}
	m := marked().FindSubmatch(bytes.TrimSuffix(line, []byte("\r")))
	if m == nil {
		return stateYours
	}
	was, wanted := string(m[1]), mark([]byte(p.text))
	untouched := mark(append(script, rest...)) == was
	switch {
	case was == wanted && untouched:
		return stateSame
	case was == wanted:
		return stateEdited
	case untouched:
		return Outdated
	}
	return stateDrifted
}
