// Package changelog reads the CHANGELOG.md that npm packages are published with:
// which entries belong to which version, which changeset each comes from, and
// which of them break. The form is that of Changesets, which all packages of
// Backstage and its community plugins have; the headings of semantic-release are
// understood as well.
package changelog

import (
	"regexp"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/semrange"
)

// level is how far an entry moves its package's version.
type level string

const (
	levelMajor level = "major"
	levelMinor level = "minor"
	levelPatch level = "patch"
)

// Section is what changed in one version.
type Section struct {
	Version string
	Entries []Entry
}

// Entry is one change.
type Entry struct {
	// Hash is the commit that brought the changeset, in hex; the same in every
	// package that the changeset names. "" where the changelog gives none.
	Hash string `json:",omitempty"`
	// Level is "" under a heading that is not of Changesets.
	Level level `json:",omitempty"`
	// Text is Markdown, without the bullet and its indentation.
	Text string
}

// MaxSize is the largest changelog that is read, in bytes. The longest of
// Backstage's have 700 KB.
const MaxSize = 8 << 20

var patterns = sync.OnceValue(func() (p struct{ version, hash, link *regexp.Regexp }) {
	p.version = regexp.MustCompile(`^#{1,3} +\[?v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)\b`)
	p.hash = regexp.MustCompile(`^([0-9a-f]{7,40}): *`)
	p.link = regexp.MustCompile("^(?:\\[#\\d+\\]\\([^)]*\\) +)?\\[`([0-9a-f]{7,40})`\\]\\([^)]*\\)(?: Thanks [^!]*!)? - *")
	return p
})

// Parse reads a changelog, newest version first as it stands there. Lists of
// updated dependencies are left out. What is not understood is left out, too: a
// changelog without any version gives none.
func Parse(src string) []Section {
	p := parser{}
	for line := range strings.Lines(strings.TrimPrefix(src, "\ufeff")) {
		p.line(strings.TrimRight(line, "\r\n"))
	}
	p.endEntry()
	return p.sections
}

type parser struct {
	sections []Section
	level    level
	entry    []string // lines, nil outside an entry
	fence    string   // that closes the open code block
}

func (p *parser) line(line string) {
	if p.fence != "" || p.entry != nil && isIndented(line) {
		p.more(line)
		return
	}
	switch {
	case strings.HasPrefix(line, "#"):
		p.endEntry()
		p.heading(line)
	case strings.HasPrefix(line, "- "), strings.HasPrefix(line, "* "):
		p.endEntry()
		p.entry = []string{}
		p.more("  " + line[2:])
	case strings.TrimSpace(line) == "":
		if p.entry != nil {
			p.entry = append(p.entry, "")
		}
	case p.entry != nil: // a lazy continuation
		p.more("  " + line)
	}
}

func isIndented(line string) bool {
	return strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "\t")
}

// more adds a line to the entry, and follows its code blocks: what is in one is
// neither a heading nor a bullet.
func (p *parser) more(line string) {
	line = strings.TrimPrefix(line, "  ")
	text := strings.TrimLeft(line, " \t")
	switch {
	case p.fence != "":
		if rest, ok := strings.CutPrefix(text, p.fence); ok && strings.Trim(rest, p.fence[:1]+" ") == "" {
			p.fence = ""
		}
	default:
		p.fence = fenceOf(text)
	}
	if p.entry != nil {
		p.entry = append(p.entry, line)
	}
}

// fenceOf is the ``` or ~~~ that a line opens a code block with, or "".
func fenceOf(text string) string {
	for _, c := range []string{"`", "~"} {
		n := len(text) - len(strings.TrimLeft(text, c))
		if n >= 3 && !(c == "`" && strings.Contains(text[n:], "`")) {
			return text[:n]
		}
	}
	return ""
}

func (p *parser) heading(line string) {
	if m := patterns().version.FindStringSubmatch(line); m != nil {
		p.sections = append(p.sections, Section{Version: m[1]})
		p.level = ""
		return
	}
	p.level = ""
	switch title := strings.ToLower(strings.TrimLeft(line, "# ")); {
	case strings.HasPrefix(title, "major"), strings.Contains(title, "breaking"):
		p.level = levelMajor
	case strings.HasPrefix(title, "minor"), strings.HasPrefix(title, "feature"):
		p.level = levelMinor
	case strings.HasPrefix(title, "patch"), strings.HasPrefix(title, "bug"):
		p.level = levelPatch
	}
}

func (p *parser) endEntry() {
	lines := p.entry
	p.entry, p.fence = nil, ""
	if lines == nil || len(p.sections) == 0 {
		return
	}
	text := strings.TrimSpace(strings.Join(lines, "\n"))
	e := Entry{Level: p.level, Text: text}
	if m := patterns().hash.FindStringSubmatch(text); m != nil {
		e.Hash, e.Text = m[1], strings.TrimSpace(text[len(m[0]):])
	} else if m := patterns().link.FindStringSubmatch(text); m != nil {
		e.Hash, e.Text = m[1], strings.TrimSpace(text[len(m[0]):])
	}
	if e.Text == "" || strings.HasPrefix(e.Text, "Updated dependencies") {
		return
	}
	last := &p.sections[len(p.sections)-1]
	last.Entries = append(last.Entries, e)
}

// Between are the sections above the version from and up to the version to.
// Prereleases repeat what the version says that they lead to: they count only when
// that version is above to.
func Between(sections []Section, from, to string) []Section {
	low, errLow := semrange.ParseVersion(from)
	high, errHigh := semrange.ParseVersion(to)
	if errLow != nil || errHigh != nil {
		return nil
	}
	var out []Section
	for _, s := range sections {
		v, err := semrange.ParseVersion(s.Version)
		if err != nil || !v.GreaterThan(low) || v.GreaterThan(high) {
			continue
		}
		if v.Prerelease() != "" {
			if final, err := v.SetPrerelease(""); err != nil || !final.GreaterThan(high) {
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

// Breaking reports whether an entry says that it breaks, or stands where only
// breaking changes do. A changelog writes the word in capitals: BREAKING,
// BREAKING ALPHA, BREAKING CHANGES, BREAKING PRODUCERS and so on.
func (e Entry) Breaking() bool {
	return e.Level == levelMajor || breakingWord().MatchString(withoutCode(e.Text))
}

var breakingWord = pattern.New(`\bBREAKING\b`)
