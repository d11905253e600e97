package yarnrc

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jstext"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/secret"
)

// Setting is one setting with its place. The zero Setting was not given; what
// that means depends on the version of Yarn.
type Setting[T any] struct {
	Value T
	Pos   fault.Pos
	IsSet bool
}

// Or is the value, or def if the setting was not given.
func (s Setting[T]) Or(def T) T {
	if s.IsSet {
		return s.Value
	}
	return def
}

// decoder turns raw settings into typed ones. It keeps the first error, so
// that the callers read as a list of settings.
type decoder struct {
	root *value
	vars map[string]yarnVar // from the environment, by key
	repo *repofile.Repo
	dir  string // relative paths in variables count from here
	env  lookup
	// marked is env with marks around what a variable gives; see exposed.
	marked lookup
	// trusted are the hosts that the user's own settings name.
	trusted map[string]bool

	unknown  []UnknownSetting
	envFiles []string
	err      error
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// raw is a top-level setting: a YARN_* variable wins over every file.
func (d *decoder) raw(key string) *value {
	if v, ok := d.vars[key]; ok {
		return &value{kind: text, text: v.val, dir: d.dir, pos: fault.Pos{File: "environment variable " + v.name}}
	}
	return d.root.get(key)
}

// isText reports whether v is there and a text. A list of one setting where one
// text is meant is an error, as in Yarn.
func (d *decoder) isText(v *value, name string) bool {
	if v != nil && v.kind != text {
		d.fail(fault.At(v.pos, "%s must be a text, not %s", name, v.kind).WithNext("Give %s one value", name))
	}
	return v != nil && v.kind == text
}

// text is the substituted text of v.
func (d *decoder) text(v *value, name string) (string, bool) {
	if !d.isText(v, name) {
		return "", false
	}
	s, err := substitute(v.text, d.env)
	if err != nil {
		d.fail(placed(err, v, name))
		return "", false
	}
	return s, true
}

// placed says where and for which setting a substitution failed.
func placed(err *fault.Error, v *value, name string) *fault.Error {
	return fault.At(v.pos, "%s: %s", name, err.What).WithNext("%s", err.Next)
}

func decode[T any](d *decoder, v *value, name string, want string, parse func(string) (T, bool)) Setting[T] {
	s, ok := d.text(v, name)
	if !ok {
		return Setting[T]{}
	}
	out, ok := parse(s)
	if !ok {
		// As it is written: what a variable holds is nobody's to read.
		d.fail(fault.At(v.pos, "%s must be %s, not %q", name, want, v.text).WithNext("Correct the value"))
		return Setting[T]{}
	}
	return Setting[T]{out, v.pos, true}
}

func (d *decoder) str(v *value, name string) Setting[string] {
	return decode(d, v, name, "a text", func(s string) (string, bool) { return s, true })
}

func (d *decoder) oneOf(v *value, name string, allowed ...string) Setting[string] {
	return decode(d, v, name, "one of "+strings.Join(allowed, ", "), func(s string) (string, bool) {
		return s, slices.Contains(allowed, s)
	})
}

// path resolves against the folder of the file that says it.
func (d *decoder) path(v *value, name string) Setting[string] {
	return decode(d, v, name, "a path", func(s string) (string, bool) {
		s = filepath.FromSlash(s)
		if !filepath.IsAbs(s) {
			s = filepath.Join(abs(v.dir), s)
		}
		return filepath.Clean(s), true
	})
}

// existing is path for a file that is to be read. What is not there is named here
// as it is written, if a variable is in it.
func (d *decoder) existing(v *value, name string) Setting[string] {
	s := d.path(v, name)
	if s.IsSet && s.Value != "" && strings.Contains(v.text, "${") {
		if _, err := d.repo.Stat(s.Value); err != nil {
			d.fail(fault.At(v.pos, "%s: %s is not a file that can be read", name, v.text).WithNext("Correct the value, or the variable in it"))
		}
	}
	return s
}

func (d *decoder) boolean(v *value, name string) Setting[bool] {
	return decode(d, v, name, "true or false", parseBool)
}

func parseBool(s string) (val, ok bool) {
	switch s {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

// integer reads leading digits, as JavaScript's parseInt does.
func (d *decoder) integer(v *value, name string) Setting[int] {
	return decode(d, v, name, "a number", func(s string) (int, bool) {
		n, ok := jstext.ParseInt(s, 10)
		return int(jstext.ToInt(n)), ok
	})
}

// duration reads Yarn's durations; a number alone counts in unit.
func (d *decoder) duration(v *value, name string, unit time.Duration) Setting[time.Duration] {
	return decode(d, v, name, "a number or a duration such as 90s, 5m, 3d or 1w", func(s string) (time.Duration, bool) {
		return parseDuration(s, unit)
	})
}

// parseDuration is Yarn's DURATION_REGEXP: digits with an optional fraction,
// then ms, s, m, h, d or w.
func parseDuration(s string, unit time.Duration) (time.Duration, bool) {
	num := strings.TrimRight(s, "mshdw")
	if num == "" || strings.Trim(num, "0123456789.") != "" || num[len(num)-1] == '.' {
		return 0, false
	}
	f, err := strconv.ParseFloat(num, 64)
	if err != nil {
		return 0, false
	}
	switch s[len(num):] {
	case "":
	case "ms":
		unit = time.Millisecond
	case "s":
		unit = time.Second
	case "m":
		unit = time.Minute
	case "h":
		unit = time.Hour
	case "d":
		unit = 24 * time.Hour
	case "w":
		unit = 7 * 24 * time.Hour
	default:
		return 0, false
	}
	if f *= float64(unit); f > float64(1<<62) {
		return 1 << 62, true
	}
	return time.Duration(f), true
}

// list reads a list of texts; one text counts as a list separated by commas.
func (d *decoder) list(v *value, name string) Setting[[]string] {
	if v == nil {
		return Setting[[]string]{}
	}
	out := Setting[[]string]{Value: []string{}, Pos: v.pos, IsSet: true}
	items := v.items
	if v.kind != list {
		if v.kind != text {
			d.fail(fault.At(v.pos, "%s must be a list of texts, not %s", name, v.kind).WithNext("Write it as a list"))
			return Setting[[]string]{}
		}
		for part := range strings.SplitSeq(v.text, ",") {
			item := *v
			item.text = part
			items = append(items, &item)
		}
	}
	for _, item := range items {
		if s, ok := d.text(item, name); ok {
			out.Value = append(out.Value, s)
		}
	}
	return out
}

// members are those of a mapping; a setting that is left out has none.
func (d *decoder) members(v *value, name string) []member {
	if v == nil || v.kind == nothing {
		return nil
	}
	if v.kind != object {
		d.fail(fault.At(v.pos, "%s must be a mapping, not %s", name, v.kind).WithNext("Write it as a mapping"))
		return nil
	}
	return v.members
}

// shape checks that v is a mapping and notes members that Yarn does not know.
func (d *decoder) shape(v *value, name string, known ...string) {
	for _, m := range d.members(v, name) {
		if !slices.Contains(known, m.key) {
			d.unknown = append(d.unknown, UnknownSetting{name + "." + m.key, m.pos})
		}
	}
}

// secret reads a text whose substitution may fail without harm until it is
// needed.
func (d *decoder) secret(v *value, name string) lateSecret {
	if !d.isText(v, name) {
		return lateSecret{}
	}
	s, err := substitute(v.text, d.env)
	if err != nil {
		return lateSecret{isSet: true, pos: v.pos, err: placed(err, v, name)}
	}
	return lateSecret{Text: secret.New(s), isSet: s != "", pos: v.pos}
}

// lateSecret is a secret, or why it cannot be had.
type lateSecret struct {
	secret.Text
	isSet bool
	pos   fault.Pos
	err   error
}
