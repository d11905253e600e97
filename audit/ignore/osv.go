package ignore

import (
	"bytes"
	"errors"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/pattern"
)

// maxConfig bounds an osv-scanner.toml in bytes.
const maxConfig = 1 << 20

// osvConfig is osv-scanner's configuration as version 2.4.0 reads it
// (internal/config), with the same library. Like there, keys that are not known
// are an error.
type osvConfig struct {
	IgnoredVulns []struct {
		ID          string    `toml:"id"`
		IgnoreUntil time.Time `toml:"ignoreUntil"`
		Reason      string    `toml:"reason"`
	} `toml:"IgnoredVulns"`
	PackageOverrides []struct {
		Name          string `toml:"name"`
		Version       string `toml:"version"`
		Ecosystem     string `toml:"ecosystem"`
		Group         string `toml:"group"`
		NameIsRegex   bool   `toml:"nameIsRegex"`
		Ignore        bool   `toml:"ignore"`
		Vulnerability struct {
			Ignore bool `toml:"ignore"`
		} `toml:"vulnerability"`
		License struct {
			Override []string `toml:"override"`
			Ignore   bool     `toml:"ignore"`
		} `toml:"license"`
		EffectiveUntil time.Time `toml:"effectiveUntil"`
		Reason         string    `toml:"reason"`
	} `toml:"PackageOverrides"`
	GoVersionOverride string `toml:"GoVersionOverride"`
	ScanGoModVersion  bool   `toml:"ScanGoModVersion"`
}

// parseOSV reads an osv-scanner.toml. It counts for the locks in its own folder
// only; of several entries for one id, osv-scanner looks at the first alone.
func (out *parsed) parseOSV(f File) error {
	if len(f.Data) > maxConfig {
		return fault.At(fault.Pos{File: f.Path}, "the file has more than %d bytes", maxConfig).WithNext("Remove what is not needed from it")
	}
	lines := indexTOML(f.Data)
	var cfg osvConfig
	meta, err := decodeTOML(f.Data, &cfg)
	if err != nil {
		return tomlFault(f.Path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fault.At(lines.key(f.Path, unknown[0]), "there is no setting %q", unknown[0].String()).
			WithNext("Remove it: osv-scanner does not take the file either")
	}
	folder := path.Dir(f.Path)
	seen := map[string]bool{}
	for i, e := range cfg.IgnoredVulns {
		ig := &Ignore{Ignore: finding.Ignore{ID: e.ID, Reason: e.Reason, Pos: lines.entry(f.Path, "IgnoredVulns", i)}, osv: true, folder: folder}
		if e.ID == "" {
			return fault.At(ig.Pos, "the entry of IgnoredVulns has no id").WithNext("Give it the id of an advisory")
		}
		ig.ends(e.IgnoreUntil)
		ig.never = seen[e.ID]
		seen[e.ID] = true
		out.ignores = append(out.ignores, ig)
	}
	for i, e := range cfg.PackageOverrides {
		ig := &Ignore{Ignore: finding.Ignore{Package: e.Name, Reason: e.Reason, Pos: lines.entry(f.Path, "PackageOverrides", i)},
			Version: e.Version, osv: true, folder: folder}
		if e.NameIsRegex && e.Name != "" {
			// Not anchored as a group: osv-scanner's own reading of a|b.
			if ig.regex, err = regexp.Compile("^" + e.Name + "$"); err != nil {
				return fault.At(ig.Pos, "%q is not a regular expression", e.Name).WithNext("Correct it, or remove nameIsRegex")
			}
		}
		if !e.Ignore && !e.Vulnerability.Ignore {
			continue // about licences
		}
		// Packages of a yarn.lock have no groups, so that none matches one.
		ig.never = e.Group != "" || e.Ecosystem != "" && e.Ecosystem != "npm"
		ig.ends(e.EffectiveUntil)
		out.ignores = append(out.ignores, ig)
	}
	return nil
}

// ends sets the moment from which the entry does not count any more. Times of
// day count; Expires is the last day that is whole, or begun.
func (ig *Ignore) ends(t time.Time) {
	if t.IsZero() {
		return
	}
	ig.Until = t
	ig.Expires = t.Add(-time.Nanosecond).Format(time.DateOnly)
}

func decodeTOML(src []byte, to any) (meta toml.MetaData, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("it is not TOML")
		}
	}()
	return toml.NewDecoder(bytes.NewReader(src)).Decode(to)
}

var typeError = pattern.New(`^line (\d+) \(last key "([^"]*)"\): (.*)$`)

func tomlFault(file string, err error) error {
	const next = "Correct it: osv-scanner does not take the file either"
	var p toml.ParseError
	if errors.As(err, &p) {
		what := p.Message
		if what == "" {
			what = strings.TrimPrefix(err.Error(), "toml: ")
		}
		return fault.At(fault.Pos{File: file, Line: p.Position.Line, Col: 1}, "%s", what).WithNext(next)
	}
	// A value of the wrong type: the library writes the place into the text.
	what, line := strings.TrimPrefix(err.Error(), "toml: "), 1
	if m := typeError().FindStringSubmatch(what); m != nil {
		line, _ = strconv.Atoi(m[1])
		what = m[2] + ": " + m[3]
	}
	return fault.At(fault.Pos{File: file, Line: line, Col: 1}, "%s", what).WithNext(next)
}
