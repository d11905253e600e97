// Package yarnrc reads the settings that decide how a repo's packages are
// found, each package manager's own. Nothing is executed.
//
// Yarn 2 and later: YARN_* variables, then the .yarnrc.yml of the project, of
// its parents up to the root, of the home folder (Configuration.find of
// @yarnpkg/core 4.9); the first that says something wins. They read neither
// .npmrc nor npm_config_* variables.
//
// Yarn 1 (a Classic repo): YARN_* variables and .yarnrc files, then npm_config_*
// variables, the project's .npmrc and the user's, as npm reads them.
//
// Then [DefaultRegistry].
package yarnrc

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// DefaultRegistry is the server that Yarn asks when no setting names another.
const DefaultRegistry = "https://registry.yarnpkg.com"

// Settings are the merged settings of one project. They hold no secret in a
// form that formatting would show.
type Settings struct {
	// Dir is the project's folder as given to Load.
	Dir string
	// Classic says that the repo is Yarn 1's.
	Classic bool
	// File is the project's own .yarnrc.yml, for edits; nil if there is none.
	File *yamledit.Doc
	// FilePath is where File is, or would be.
	FilePath string

	// EnvFiles are the files that variables were read from (.env.yarn, and those
	// that injectEnvironmentFiles names).
	EnvFiles []string

	// YarnPath is the absolute path of the repo's own Yarn, "" if none.
	YarnPath string
	// YarnPathPos is where YarnPath is set.
	YarnPathPos fault.Pos

	// Plugins are those of all rc files, the farthest file's first.
	Plugins []Plugin
	// Catalog holds the entries of the unnamed catalog ("catalog:").
	Catalog []CatalogEntry
	// Catalogs holds the named ones ("catalog:name").
	Catalogs map[string][]CatalogEntry
	// PackageExtensions add to the packages that their descriptor matches.
	PackageExtensions []PackageExtension
	// SupportedArchitectures are the platforms to install for.
	SupportedArchitectures architectures

	NodeLinker               Setting[string] // pnp, pnpm or node-modules
	CompressionLevel         Setting[string] // mixed or 0 to 9; Yarn 4: 0, Yarn 3: mixed
	EnableGlobalCache        Setting[bool]   // Yarn 4: true, Yarn 3: false
	CacheFolder              Setting[string] // absolute
	GlobalFolder             Setting[string] // absolute
	DefaultSemverRangePrefix Setting[string] // ^, ~ or nothing
	EnableScripts            Setting[bool]   // Yarn 4.17: false, before: true

	// NpmMinimalAgeGate is the age under which versions do not count; see
	// MinimalAge for what holds for a package.
	NpmMinimalAgeGate      Setting[time.Duration]
	NpmPreapprovedPackages []string
	ageNumber              Setting[time.Duration] // the gate as Yarn 4.10 reads it

	HTTPTimeout         Setting[time.Duration]
	HTTPRetry           Setting[int]
	NetworkConcurrency  Setting[int]
	EnableStrictSSL     Setting[bool] // certificates are checked unless false
	EnableNetwork       Setting[bool]
	EnableOfflineMode   Setting[bool]
	UnsafeHTTPWhitelist []string
	// CACerts are PEM texts given in .npmrc (ca, ca[]).
	CACerts []string
	// NoProxy are hosts that .npmrc exempts from its proxies.
	NoProxy []string

	// Unknown are settings that Yarn 3.8 to 4.18 without plugins do not have.
	Unknown []UnknownSetting

	repo    *repofile.Repo
	network []hostSettings
	auth    registries
	raw     func(key string) (*value, lookup) // a closure: nothing prints what it holds
}

// Format prints no more than whose settings these are: File holds the text of
// .yarnrc.yml, which may have a token in it.
func (s Settings) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "settings of "+s.Dir)
}

// UnknownSetting is a setting that is not understood. Pos is zero for an
// environment variable, whose name is then Key.
type UnknownSetting struct {
	Key string
	Pos fault.Pos
}

// Load reads the settings of the project in dir. environ has the form of
// os.Environ. A *fault.Error says which setting of which file is not usable;
// an unset variable in a credential or registry is not an error here but of the
// Endpoint that needs it.
func Load(dir string, environ []string) (*Settings, error) {
	repo := repofile.Of(repofile.Top(abs(dir)))
	defer repo.Close()
	return LoadIn(repo, dir, environ)
}

// LoadIn is Load for the files that repo has: those on disk, or those of a commit.
func LoadIn(repo *repofile.Repo, dir string, environ []string) (*Settings, error) {
	env := newEnvironment(environ)
	rcName := ".yarnrc.yml"
	if name, ok := env.fold("yarn_rc_filename"); ok && name != "" {
		rcName = name
	}
	s := &Settings{Dir: dir, FilePath: filepath.Join(dir, rcName), Classic: isClassic(repo, dir, rcName), repo: repo}
	d := &decoder{root: &value{kind: object}, vars: map[string]yarnVar{}, dir: dir, repo: repo, env: env.lookup, marked: marking(env.lookup, nil)}
	// Yarn 1 reads npm's settings beside its own. Later ones read neither .npmrc
	// nor npm_config_*: what stands there is for other tools, and taking it would
	// ask another registry than the install does.
	npm := &npmConfig{vals: map[string]npmValue{}}
	if s.Classic {
		var err error
		if npm, err = loadNPM(repo, dir, env); err != nil {
			return nil, err
		}
		if npm, err = loadClassic(repo, dir, env, npm); err != nil {
			return nil, err
		}
	} else {
		files, err := s.readFiles(rcName, env.home())
		if err != nil {
			return nil, err
		}
		d.root = resolve(files)
		for _, v := range env.yarnVars() {
			if isKnown(v.key) {
				d.vars[v.key] = v
			} else {
				d.unknown = append(d.unknown, UnknownSetting{Key: v.name})
			}
		}
		if err := d.injectFiles(env); err != nil {
			return nil, err
		}
		s.decodePlugins(d, files)
	}
	d.trustOwn(d.root)
	for _, v := range d.vars {
		d.trust(v.val)
	}
	for key, v := range npm.vals {
		if !ours(repo, v.pos.File) {
			d.trust(v.text)
			d.trust(key)
		}
	}
	s.decode(d)
	s.network = d.network(npm, dir, env.home())
	s.auth = d.registries(npm)
	s.fillFromNPM(npm, dir, env.home())
	s.raw = func(key string) (*value, lookup) { return d.raw(key), d.env }
	s.Unknown, s.EnvFiles = d.unknown, d.envFiles
	if d.err != nil {
		return nil, d.err
	}
	return s, nil
}

// readFiles reads the rc files, the farthest first: the home folder's, then
// from the root of the file system down to the project's.
func (s *Settings) readFiles(rcName, home string) ([]*value, error) {
	var files []*value
	seen := map[string]bool{}
	read := func(dir, name string, own bool) error {
		file := filepath.Join(dir, name)
		if seen[abs(file)] {
			return nil
		}
		seen[abs(file)] = true
		src, err := readSmall(s.repo, file)
		if err != nil || src == nil {
			return err
		}
		doc, err := yamledit.Parse(file, src)
		if err != nil {
			return err
		}
		if k := doc.Root().Kind(); k != yamledit.Mapping && k != yamledit.Null {
			return fault.At(doc.Root().Pos(), "the settings must be a mapping, not %s", k).
				WithNext("Write one \"name: value\" a line")
		}
		v, err := fromYAML(doc.Root(), dir, own, nil)
		if err != nil {
			return err
		}
		v.kind = object
		if own {
			s.File = doc
		}
		files = append([]*value{v}, files...)
		return nil
	}
	for i, dir := range upwards(s.repo, s.Dir) {
		if err := read(dir, rcName, i == 0); err != nil {
			return nil, err
		}
	}
	if home != "" {
		// Yarn reads this name whatever YARN_RC_FILENAME says.
		if err := read(home, ".yarnrc.yml", false); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// injectFiles adds the variables of the files that injectEnvironmentFiles
// names (.env.yarn by default, since Yarn 4) for use in substitutions. They
// win over the process's own, as in Yarn.
func (d *decoder) injectFiles(env *environment) error {
	files := d.list(d.raw("injectEnvironmentFiles"), "injectEnvironmentFiles")
	if d.err != nil {
		return d.err
	}
	if !files.IsSet {
		files.Value = []string{".env.yarn?"}
	}
	nested := map[string]string{}
	d.marked = marking(env.lookup, nested)
	from := d.dir
	if v := d.raw("injectEnvironmentFiles"); v != nil && v.dir != "" {
		from = v.dir
	}
	for _, file := range files.Value {
		name, optional := strings.CutSuffix(file, "?")
		if name = filepath.FromSlash(name); !filepath.IsAbs(name) {
			name = filepath.Join(from, name)
		}
		src, err := readSmall(d.repo, name)
		if err != nil && optional {
			continue
		}
		if err != nil {
			return err
		}
		if src == nil && !optional {
			return fault.At(files.Pos, "injectEnvironmentFiles names %s, which does not exist", file).
				WithNext("Create the file, or write %s? to make it optional", file)
		}
		if src != nil {
			d.envFiles = append(d.envFiles, name)
		}
		for _, kv := range parseDotenv(string(src)) {
			val, err := substitute(kv[1], d.env)
			if err != nil {
				return fault.At(fault.Pos{File: name}, "%s: %s", kv[0], err.What).WithNext("%s", err.Next)
			}
			if nested[kv[0]], err = substitute(kv[1], d.marked); err != nil {
				return fault.At(fault.Pos{File: name}, "%s: %s", kv[0], err.What).WithNext("%s", err.Next)
			}
			env.values[kv[0]] = val
		}
	}
	return nil
}

// Lookup is the text of any top-level setting that is a single text, with
// variables replaced, for settings that have no field here. Settings that may
// hold credentials are not given out.
func (s *Settings) Lookup(key string) (Setting[string], bool) {
	lower := strings.ToLower(key)
	for _, part := range []string{"auth", "token", "proxy", "registr"} {
		if strings.Contains(lower, part) {
			return Setting[string]{}, false
		}
	}
	if s.raw == nil { // not made by Load
		return Setting[string]{}, false
	}
	v, env := s.raw(key)
	if v == nil || v.kind != text {
		return Setting[string]{}, false
	}
	val, err := substitute(v.text, env)
	return Setting[string]{val, v.pos, err == nil}, err == nil
}
