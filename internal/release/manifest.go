package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/semrange"
)

// maxManifest is the largest manifest that is accepted, in bytes; real ones
// have some 26,000.
const maxManifest = 4 << 20

// maxName is npm's limit of a package name.
const maxName = 214

// parse reads a manifest and believes nothing: a proxy's page, a cut answer
// or a wrong file must not become version numbers in package.json. The error
// says what is wrong, without a place.
func parse(body []byte) (*Manifest, error) {
	if isHTML(body) {
		return nil, errors.New("an HTML page, not a release manifest")
	}
	var raw struct {
		ReleaseVersion string `json:"releaseVersion"`
		Packages       []struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"packages"`
	}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, &jsonError{err: err, truncated: truncated(body)}
	}
	v, err := version(raw.ReleaseVersion)
	if err != nil || v.Original() != raw.ReleaseVersion {
		return nil, fmt.Errorf("releaseVersion %.60q is not a version", raw.ReleaseVersion)
	}
	if len(raw.Packages) == 0 && (raw.Packages == nil || v.Major() > 0) { // that of 0.1.0 is empty
		return nil, errors.New("it lists no packages")
	}
	m := &Manifest{ReleaseVersion: raw.ReleaseVersion, Packages: make(map[string]string, len(raw.Packages))}
	for _, p := range raw.Packages {
		if !validName(p.Name) {
			return nil, fmt.Errorf("%.60q is not a package name", p.Name)
		}
		if v, err := semrange.ParseVersion(p.Version); err != nil || v.Original() != p.Version {
			return nil, fmt.Errorf("the version %.60q of %s is not a version", p.Version, p.Name)
		}
		if other, ok := m.Packages[p.Name]; ok && other != p.Version {
			return nil, fmt.Errorf("%s has two versions, %s and %s", p.Name, other, p.Version)
		}
		m.Packages[p.Name] = p.Version
	}
	return m, nil
}

// jsonError keeps the offset of a JSON error for a file's line and column.
type jsonError struct {
	err       error
	truncated bool
}

func (e *jsonError) Error() string {
	if e.truncated {
		return "the JSON is cut off"
	}
	var kind *json.UnmarshalTypeError
	if errors.As(e.err, &kind) {
		if kind.Field == "" {
			return "it holds a JSON " + kind.Value + ", not an object"
		}
		return kind.Field + " is a JSON " + kind.Value
	}
	return e.err.Error()
}

func (e *jsonError) offset() (int, bool) {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(e.err, &syntax):
		return int(syntax.Offset) - 1, true
	case errors.As(e.err, &kind):
		return int(kind.Offset) - 1, true
	}
	return 0, false
}

// truncated reports whether body ends within its JSON value.
func truncated(body []byte) bool {
	var v json.RawMessage
	err := json.NewDecoder(bytes.NewReader(body)).Decode(&v)
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// bad is the error for a manifest that was read at place but is not fit for
// use. src is its text when the place is a file, for line and column.
func bad(err error, place string, src []byte) *fault.Error {
	pos := fault.Pos{File: place}
	var je *jsonError
	if errors.As(err, &je) && src != nil {
		if off, ok := je.offset(); ok {
			pos = fault.PosAt(place, src, off)
		}
	}
	return fault.Wrap(err, pos, "this is not a usable Backstage release manifest")
}

// validName reports whether npm would take s as a package name: an optional
// scope, then letters, digits and -._~, not starting with a dot or _.
func validName(s string) bool {
	if len(s) > maxName {
		return false
	}
	part, slash := s, -1
	if len(s) > 0 && s[0] == '@' {
		for i := 1; i < len(s); i++ {
			if s[i] == '/' {
				slash = i
				break
			}
		}
		if slash < 0 || !validPart(s[1:slash]) {
			return false
		}
		part = s[slash+1:]
	}
	return validPart(part)
}

func validPart(s string) bool {
	if s == "" || s[0] == '.' || s[0] == '_' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
		default:
			return false
		}
	}
	return true
}
