package appconfig

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/jstext"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/yamledit"
)

var includeKeys = []string{"$file", "$env", "$include"}

// inclusion is what an include key gave: a value (nil for undefined), the
// folder that includes in it are relative to, and the chain of includes.
type inclusion struct {
	node  *node
	dir   string
	chain []string
}

// include reads what $file, $env or $include names. applied is false for an
// object without such a key (createIncludeTransform).
func (r *reader) include(n *node, s scope) (in inclusion, applied bool, err error) {
	i := slices.IndexFunc(n.keys, func(k string) bool { return slices.Contains(includeKeys, k) })
	if i < 0 {
		return inclusion{}, false, nil
	}
	key := n.keys[i]
	if len(n.keys) != 1 {
		return inclusion{}, false, n.wrong("%s has other keys beside it", key).
			WithNext("Leave %s alone in its object, or remove it", key)
	}
	raw := n.fields[key]
	if raw.kind != String {
		return inclusion{}, false, raw.wrong("%s is a %s, but must be a string", key, raw.kind).
			WithNext("Write it as %s: NAME", key)
	}
	arg, unset := r.env.substitute(raw)
	if arg == nil {
		return inclusion{}, false, raw.wrong("%s names a variable that is not set: %s", key, strings.Join(unset, ", ")).
			WithNext("Set %s, or give it a default: ${NAME:-default}", strings.Join(unset, " and "))
	}
	if err := r.count(raw); err != nil {
		return inclusion{}, false, err
	}
	in.dir = s.dir
	switch key {
	case "$env":
		in.node = r.includeEnv(arg, s)
	case "$file":
		in.node, err = r.includeFile(arg, s.dir)
	default:
		in, err = r.includeData(arg, s)
	}
	return in, err == nil, err
}

func (r *reader) includeEnv(arg *node, s scope) *node {
	text, ok := r.env.lookup(arg.text)
	if !ok {
		if !arg.origin.Hidden() { // a name out of a variable is a value, which does not show
			r.missing(arg.text, arg, s)
		}
		if r.keep {
			return &node{kind: String, text: "${" + arg.text + "}", origin: Origin{Pos: arg.origin.Pos, Vars: []string{arg.text}}}
		}
		return nil
	}
	o := Origin{Pos: arg.origin.Pos, Vars: []string{arg.text}, Var: r.env.exact(arg.text)}
	return &node{kind: String, text: text, origin: o}
}

func (r *reader) includeFile(arg *node, dir string) (*node, error) {
	path := resolvePath(dir, arg.text)
	src, err := readWithin(r.repo, dir, path)
	if isOutside(err) && !r.keep {
		return nil, outside(arg, "$file")
	}
	// Production mounts it, next to the portal or at a place such as /run/secrets: it was
	// not read, and its value is not known.
	if r.keep && (isOutside(err) || errors.Is(err, fs.ErrNotExist)) {
		return &node{kind: String, text: arg.text, origin: Origin{Pos: arg.origin.Pos, Vars: arg.origin.Vars, File: path}}, nil
	}
	if err != nil {
		return nil, pathFault(arg, err).WithNext("Run the command where the file is, or correct the name: it is relative to the file that $file stands in")
	}
	r.included[path] = true
	o := Origin{Pos: arg.origin.Pos, Vars: arg.origin.Vars, File: path}
	return &node{kind: String, text: jstext.TrimEnd(string([]rune(string(src)))), origin: o}, nil
}

func (r *reader) includeData(arg *node, s scope) (inclusion, error) {
	file, data, _ := strings.Cut(arg.text, "#")
	path := resolvePath(s.dir, file)
	link := path + "#" + data
	if slices.Contains(s.chain, link) {
		return inclusion{}, arg.wrong("%s includes itself", arg.shown()).
			WithNext("Take the include out of %s, or include a part of the file with #key", arg.shown())
	}
	parse := r.parseYAML
	switch extension(file) {
	case ".yaml", ".yml":
	case ".json":
		parse = parseJSON
	default:
		return inclusion{}, arg.wrong("$include reads .json, .yaml and .yml files, not %s", arg.shown()).
			WithNext("Use $file for a text, or rename the file")
	}
	src, err := readWithin(r.repo, s.dir, path)
	if isOutside(err) {
		return inclusion{}, outside(arg, "$include")
	}
	if err != nil {
		return inclusion{}, pathFault(arg, err).WithNext("Run the command where the file is, or correct the name: it is relative to the file that $include stands in")
	}
	r.included[path] = true
	value, err := parse(r.name(path), src)
	if err != nil {
		return inclusion{}, err
	}
	var parts []string
	if data != "" {
		parts = strings.Split(data, ".")
	}
	for i, part := range parts {
		if !value.isObject() {
			return inclusion{}, arg.wrong("%q in the included file is not an object", strings.Join(parts[:i], ".")).
				WithNext("Correct the part after # in %s", arg.shown())
		}
		value = value.fields[part]
	}
	if value != nil && value.kind == String {
		value = r.substitute(value, s)
	}
	return inclusion{node: value, dir: filepath.Dir(path), chain: append(slices.Clone(s.chain), link)}, nil
}

func isOutside(err error) bool {
	return errors.Is(err, errOutside) || errors.Is(err, repofile.ErrOutside)
}

// outside refuses a file that a file of the repository names elsewhere.
func outside(arg *node, key string) error {
	return arg.wrong("%s names a file outside of the repository: %s", key, arg.shown()).
		WithNext("Put this part into a config file outside of the repository, and name all of them with --config; or give the login with --dsn and PGPASSFILE")
}

// shown is the text of an include's argument, with variables by their name.
func (n *node) shown() string {
	if n.origin.Hidden() {
		return "$" + strings.Join(n.origin.Vars, ", $")
	}
	return n.text
}

// extension is path.extname: a dot that starts the name starts no extension.
func extension(file string) string {
	base := filepath.Base(file)
	if i := strings.LastIndexByte(base, '.'); i > 0 {
		return base[i:]
	}
	return ""
}

func (r *reader) parseYAML(name string, src []byte) (*node, error) {
	doc, err := yamledit.Parse(name, src)
	if err != nil {
		return nil, err
	}
	return fromYAML(doc.Root(), func(m yamledit.Member) {
		r.note(m.KeyPos, "Backstage does not apply merge keys (<<): %s is not merged here", m.Key)
	}), nil
}

func parseJSON(name string, src []byte) (*node, error) {
	doc, err := jsonedit.Parse(name, src)
	if err != nil {
		return nil, err
	}
	return fromJSON(doc.Root(), func(v jsonedit.Value) Origin { return Origin{Pos: v.Pos()} }), nil
}

func (r *reader) note(pos fault.Pos, format string, args ...any) {
	r.notes = append(r.notes, Note{Pos: pos, Text: fault.New(format, args...).What})
}
