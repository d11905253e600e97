package relock

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnext"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// config is what the settings and Yarn's version mean for the lock.
type config struct {
	yarn            yarnVersion
	language        string      // of packages from anywhere but a registry
	transparent     bool        // plain ranges may mean workspaces
	extensions      yarnext.Set // what is added to the graph, never to an entry
	backstagePlugin *yarnrc.Plugin

	lockVersion int
	cacheKey    string
	compression string // compressionLevel
	// bare: checksums with the lock's own cache key are printed without it
	// (Yarn 4.0).
	bare bool

	settings *yarnrc.Settings
}

// readConfig refuses what the rest of the package does not know.
func readConfig(in *Input) (*config, error) {
	s := in.Settings
	c := &config{yarn: parseYarnVersion(in.YarnVersion), language: "node", transparent: true, settings: s}
	if s.Classic || in.Lock != nil && in.Lock.Kind == yarnlock.Classic && len(in.Lock.Entries) > 0 {
		return nil, &Unsupported{Construct: "Yarn 1 lockfile", Pos: lockPos(in), Why: "only the format of Yarn 4 is written here"}
	}
	if err := c.refuseSettings(s); err != nil {
		return nil, err
	}
	if err := c.plugins(s); err != nil {
		return nil, err
	}
	// Rules change with Yarn's releases: an unknown release counts as the newest.
	c.extensions = yarnext.Builtin(func(r yarnext.Rule) bool {
		return c.yarn.atLeast(r.Since) && (r.Until == "" || !c.yarn.atLeast(r.Until))
	})
	for _, x := range s.PackageExtensions {
		if !c.extensions.Add(x.Descriptor, x.Dependencies, x.PeerDependencies, x.OptionalPeers) {
			return nil, fault.At(x.Pos, "packageExtensions: %q is not a package with a version range", x.Descriptor).
				WithNext("Write it as name@range, then run the command again.")
		}
	}
	if err := c.lockFormat(in); err != nil {
		return nil, err
	}
	return c, nil
}

func lockPos(in *Input) fault.Pos {
	if in.Lock == nil {
		return fault.Pos{}
	}
	return fault.Pos{File: in.Lock.File}
}

func (c *config) registryURL(pkg string) string {
	return c.settings.Endpoint(pkg).URL
}

// refuseSettings hands settings over to Yarn that change the lock in ways that
// are not built here, and takes those that are.
func (c *config) refuseSettings(s *yarnrc.Settings) error {
	for _, u := range s.Unknown {
		return &Unsupported{Construct: "setting " + u.Key, Pos: u.Pos, Why: "no release of Yarn that is known here has it"}
	}
	if v, ok := s.Lookup("defaultProtocol"); ok && v.Value != string(spec.NPM) {
		return &Unsupported{Construct: "setting defaultProtocol", Pos: v.Pos, Why: "only npm: is known"}
	}
	if v, ok := s.Lookup("enableStrictSettings"); (!ok || v.Value != "false" && v.Value != "0") && !c.yarn.atLeast(catalogsSince) {
		if err := tooNew(s, c.yarn); err != nil {
			return err
		}
	}
	if v, ok := s.Lookup("defaultLanguageName"); ok {
		c.language = v.Value
	}
	if v, ok := s.Lookup("enableTransparentWorkspaces"); ok {
		c.transparent = v.Value != "false" && v.Value != "0"
	}
	return nil
}

// tooNew refuses settings that came with a later Yarn, which ends every command
// of this one ("Unrecognized or legacy configuration settings").
func tooNew(s *yarnrc.Settings, yarn yarnVersion) error {
	type setting struct {
		key string
		at  fault.Pos
	}
	var later []setting
	if len(s.Catalog) > 0 {
		later = append(later, setting{"catalog", s.Catalog[0].Pos})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Catalogs)) {
		if list := s.Catalogs[name]; len(list) > 0 {
			later = append(later, setting{"catalogs", list[0].Pos})
		}
	}
	if s.NpmMinimalAgeGate.IsSet {
		later = append(later, setting{"npmMinimalAgeGate", s.NpmMinimalAgeGate.Pos})
	}
	for _, x := range later {
		if x.at.File != "" { // of the environment, Yarn takes what it knows
			return fault.At(x.at, "Yarn %s does not know the setting %s", yarn, x.key).
				WithNext("Move the repo to Yarn %s or newer (yarn set version stable), or take the setting out.", catalogsSince)
		}
	}
	return nil
}

// harmlessPlugins never touch resolution, or are part of Yarn 4.
var harmlessPlugins = []string{
	"plugin-constraints", "plugin-exec", "plugin-interactive-tools", "plugin-stage", "plugin-typescript",
	"plugin-version", "plugin-workspace-tools", "plugin-compat", "plugin-essentials", "plugin-npm-cli",
}

func (c *config) plugins(s *yarnrc.Settings) error {
	for _, p := range s.Plugins {
		file := p.Path[strings.LastIndexAny(p.Path, `/\`)+1:]
		name := strings.TrimSuffix(strings.TrimSuffix(file, ".cjs"), ".js")
		switch {
		case name == "plugin-backstage":
			c.backstagePlugin = &p
		case slices.Contains(harmlessPlugins, name):
		default:
			return &Unsupported{Construct: "Yarn plugin " + name, Pos: p.Pos, Why: "it may change what packages resolve to"}
		}
	}
	return nil
}

// lockFormat decides the __metadata of the new lock.
func (c *config) lockFormat(in *Input) error {
	c.lockVersion = c.yarn.lockVersion()
	if in.Lock != nil && in.Lock.Version > 0 {
		if v := in.Lock.Version; v < yarnlock.Yarn4 || v > yarnlock.MaxVersion {
			return &Unsupported{Construct: "lockfile version " + strconv.Itoa(v), Pos: lockPos(in), Why: fmt.Sprintf("only versions %d to %d (Yarn 4) are written here", yarnlock.Yarn4, yarnlock.MaxVersion)}
		}
		if key := in.Lock.CacheKey; !knownCacheKey(key) {
			return &Unsupported{Construct: "cacheKey " + key, Pos: lockPos(in), Why: "only those of Yarn 4 (10, 10c0 to 10c9) are known"}
		}
		if c.lockVersion == 0 {
			c.lockVersion = in.Lock.Version
		}
		if c.lockVersion > in.Lock.Version {
			return &Unsupported{
				Construct: "lockfile version " + strconv.Itoa(in.Lock.Version), Pos: lockPos(in),
				Why: "Yarn " + in.YarnVersion + " migrates it to version " + strconv.Itoa(c.lockVersion) + " at its first install, along with settings",
			}
		}
	}
	if c.lockVersion == 0 {
		c.lockVersion = yarnlock.MaxVersion
	}
	if c.lockVersion < yarnlock.Yarn4 {
		return &Unsupported{Construct: "Yarn " + in.YarnVersion, Pos: c.settings.YarnPathPos, Why: "only the lockfiles of Yarn 4 are written here"}
	}
	c.compression, c.cacheKey = cmp.Or(c.settings.CompressionLevel.Value, "0"), "10"
	if c.compression != "mixed" {
		c.cacheKey += "c" + c.compression
	}
	c.bare = !c.yarn.atLeast("4.1.0")
	if !c.yarn.known {
		for _, e := range in.lockEntries() {
			if e.Checksum != "" {
				c.bare = !strings.Contains(e.Checksum, "/")
				break
			}
		}
	}
	return nil
}

// knownCacheKey reports whether a lock's cacheKey is one of Yarn 4's: the
// version of its archives and, unless that is mixed, the compressionLevel. A
// lock may have none.
func knownCacheKey(key string) bool {
	level, ok := strings.CutPrefix(key, "10")
	return key == "" || ok && (level == "" || len(level) == 2 && level[0] == 'c' && level[1] >= '0' && level[1] <= '9')
}
