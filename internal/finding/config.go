package finding

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// ConfigFile is the name of the file at the portal's root in which a team
// records its decisions.
const ConfigFile = ".portalctl.yaml"

// sections are the top-level keys of the file, each a command's own.
var sections = []string{"check", "audit", "template", "production", "slot", "init"}

// Schema is what one command reads from the file.
type Schema struct {
	// Section is the command's top-level key.
	Section string
	Rules   []Rule
	// Lists are further keys that hold lists of globs.
	Lists []string
	// Keys read further keys of the section.
	Keys map[string]func(yamledit.Value) error
	// Advisories has ignores name advisories by their id, besides rules.
	Advisories bool
	// Now bounds the last day of ignores; the zero time does not.
	Now time.Time
}

const windowKey = "max-ignore-days"

// configurable are the rules whose severity may be configured.
func (s Schema) configurable() []Rule {
	return slices.DeleteFunc(slices.Clone(s.Rules), func(r Rule) bool { return r.ID == IgnoreRule.ID })
}

// known are the keys of the section.
func (s Schema) known() []string {
	list := append([]string{"rules", "ignore", windowKey}, s.Lists...)
	for _, k := range slices.Sorted(maps.Keys(s.Keys)) {
		if !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	return list
}

// Config is a command's section of the configuration. nil is an empty one.
type Config struct {
	Severities map[string]Severity
	Ignores    []Ignore
	Lists      map[string][]item
	// Window is how many days ahead an ignore may end, 0 where nothing is said.
	Window int
}

// item is an entry of a list.
type item struct {
	Text string
	Pos  fault.Pos
}

// ReadFile is the text of a portal's file, nil where there is none. read reads the
// portal's files by their path from its root.
func ReadFile(read func(rel string, limit int64) ([]byte, error)) ([]byte, error) {
	src, err := read(ConfigFile, repofile.MaxSettings)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fault.Wrap(fault.Cause(err), fault.Pos{File: ConfigFile}, "cannot be read").WithNext("Check that you may read it")
	}
	return src, nil
}

// ParseConfig reads src, which came from file. What is not known is an error,
// with its place: a typo must not turn a rule off by silence.
func ParseConfig(file string, src []byte, schema Schema) (*Config, error) {
	doc, err := yamledit.Parse(file, src)
	if err != nil {
		return nil, err
	}
	c := &Config{Severities: map[string]Severity{}, Lists: map[string][]item{}}
	top, err := Members(doc.Root(), "the file", "check:")
	if err != nil {
		return nil, err
	}
	for _, m := range top {
		if !slices.Contains(sections, m.Key) {
			return nil, unknownKey(m, sections)
		}
		if m.Key != schema.Section {
			continue
		}
		if err := c.section(m.Value, schema); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Config) section(v yamledit.Value, schema Schema) error {
	list, err := Members(v, schema.Section, "rules:")
	if err != nil {
		return err
	}
	var ignores yamledit.Value // read last: they depend on max-ignore-days
	for _, m := range list {
		read := schema.Keys[m.Key]
		switch {
		case read != nil:
			err = read(m.Value)
		case m.Key == "rules":
			err = c.rules(m.Value, schema.configurable())
		case m.Key == "ignore":
			ignores = m.Value
		case m.Key == windowKey:
			c.Window, err = window(m.Value)
		case slices.Contains(schema.Lists, m.Key):
			c.Lists[m.Key], err = globs(m.Value, m.Key)
		default:
			err = unknownKey(m, schema.known())
		}
		if err != nil {
			return err
		}
	}
	c.Ignores, err = ignoreReader{schema, cmp.Or(c.Window, maxWindow)}.list(ignores)
	return err
}

func window(v yamledit.Value) (int, error) {
	n, err := strconv.Atoi(v.String())
	if err != nil || n < 1 || n > maxWindow {
		return 0, fault.At(v.Pos(), windowKey+" is %q, but must be a number from 1 to %d", v.String(), maxWindow).
			WithNext("Write the number of days that an ignore may count at most; it can only be made shorter than %d", maxWindow)
	}
	return n, nil
}

func (c *Config) rules(v yamledit.Value, rules []Rule) error {
	list, err := Members(v, "rules", "duplicate: warning")
	if err != nil {
		return err
	}
	for _, m := range list {
		if !slices.ContainsFunc(rules, func(r Rule) bool { return r.ID == m.Key }) {
			return unknownRule(m.KeyPos, m.Key, rules)
		}
		s := Severity(m.Value.String())
		// YAML 1.1 reads a bare off as false; both are the word the user wrote.
		if m.Value.Kind() == yamledit.Bool && !strings.EqualFold(m.Value.String(), "true") {
			s = Off
		}
		if !slices.Contains([]Severity{Error, Warning, Info, Off}, s) {
			return fault.At(m.Value.Pos(), "%q is not a valid severity", m.Value.String()).
				WithNext("Use one of: error, warning, info, off")
		}
		c.Severities[m.Key] = s
	}
	return nil
}

// globs reads a list of globs over names.
func globs(v yamledit.Value, key string) ([]item, error) {
	if v.Kind() != yamledit.Sequence && v.Kind() != yamledit.Null {
		return nil, fault.At(v.Pos(), "%s is %s, but must be a list", key, v.Kind()).
			WithNext("Write one \"- name\" a line")
	}
	var list []item
	for _, it := range v.Items() {
		text := it.String()
		if it.Kind() == yamledit.Mapping || it.Kind() == yamledit.Sequence || strings.TrimSpace(text) == "" {
			return nil, fault.At(it.Pos(), "an entry of %s is %s, but must be a name or a glob", key, it.Kind()).
				WithNext(`Write it as "@acme/design-system" or "@acme/*", for example`)
		}
		if !doublestar.ValidatePattern(text) {
			return nil, fault.At(it.Pos(), "%q is not a valid glob", text).
				WithNext("Use * for a part of a name and {a,b} for alternatives")
		}
		list = append(list, item{text, it.Pos()})
	}
	return list, nil
}

// Members are the members of a mapping of the configuration; what names it.
func Members(v yamledit.Value, what, example string) ([]yamledit.Member, error) {
	if v.Kind() != yamledit.Mapping && v.Kind() != yamledit.Null {
		return nil, fault.At(v.Pos(), "%s is %s, but must be a mapping", what, v.Kind()).
			WithNext("Write one \"key: value\" a line below it, such as %q", example)
	}
	return v.Members(), nil
}

// unknownKey is the error of a member that is none of known.
func unknownKey(m yamledit.Member, known []string) error {
	return fault.At(m.KeyPos, "there is no setting %q", m.Key).WithNext("Use one of: %s", strings.Join(known, ", "))
}

// unknownRule is the error of a rule that is none of rules.
func unknownRule(pos fault.Pos, id string, rules []Rule) error {
	ids := make([]string, len(rules))
	for i, r := range rules {
		ids[i] = r.ID
	}
	return fault.At(pos, "there is no rule %q", id).WithNext("Use one of: %s", strings.Join(ids, ", "))
}

// Severity is the configured severity of a rule.
func (c *Config) Severity(rule string) (Severity, bool) {
	if c == nil {
		return "", false
	}
	s, ok := c.Severities[rule]
	return s, ok
}

// Texts are the entries of a list.
func (c *Config) Texts(list string) []string {
	if c == nil {
		return nil
	}
	var texts []string
	for _, it := range c.Lists[list] {
		texts = append(texts, it.Text)
	}
	return texts
}

// severities applies the configured ones and drops what is off.
func (c *Config) severities(list []Finding) []Finding {
	if c == nil || len(c.Severities) == 0 {
		return list
	}
	kept := list[:0]
	for _, f := range list {
		if s, ok := c.Severities[f.Rule]; ok {
			f.Severity = s
		}
		if f.Severity != Off {
			kept = append(kept, f)
		}
	}
	return kept
}
