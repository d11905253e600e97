package template

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// configSection is the key of .portalctl.yaml that is this package's.
const configSection = "template"

// defaultNoise are the files of the template that portals have their own of, or that
// other commands keep. Yarn's own release is not among them: it goes with the settings
// that need it.
var defaultNoise = []string{
	"**/README.md", "examples/**", "catalog-info.yaml", "**/*.{png,svg,ico,jpg,jpeg,gif}",
	"packages/*/public/{manifest.json,robots.txt}", "yarn.lock", "backstage.json", "app-config.local.yaml",
}

// Config is what a team has recorded.
type Config struct {
	// Base is the release whose template is merged, "" for none.
	Base string
	// Pending are the files whose merge is left, each with the release that it
	// starts from.
	Pending map[string]string
	// Noise are globs besides defaultNoise; one that begins with "!" takes files out
	// of it.
	Noise []string
}

// ParseConfig reads the template section of the configuration.
func ParseConfig(file string, src []byte) (*Config, error) {
	doc, err := yamledit.Parse(file, src)
	if err != nil {
		return nil, err
	}
	c := &Config{Pending: map[string]string{}}
	top, err := finding.Members(doc.Root(), "the file", "template:")
	if err != nil {
		return nil, err
	}
	for _, m := range top {
		if m.Key != configSection {
			continue // other commands' own, which they check
		}
		list, err := finding.Members(m.Value, configSection, "base: 1.53.0")
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if err := c.setting(m); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

func (c *Config) setting(m yamledit.Member) (err error) {
	switch m.Key {
	case "base":
		c.Base, err = releaseOf(m.Value, "base")
	case "pending":
		files, err := finding.Members(m.Value, "pending", "packages/app/src/App.tsx: 1.42.0")
		if err != nil {
			return err
		}
		for _, f := range files {
			if c.Pending[f.Key], err = releaseOf(f.Value, f.Key); err != nil {
				return err
			}
		}
	case "noise":
		if m.Value.Kind() != yamledit.Sequence && m.Value.Kind() != yamledit.Null {
			return fault.At(m.Value.Pos(), "noise is %s, but must be a list", m.Value.Kind()).WithNext(`Write one "- glob" a line`)
		}
		for _, it := range m.Value.Items() {
			if g := strings.TrimPrefix(it.String(), "!"); g == "" || !doublestar.ValidatePattern(g) {
				return fault.At(it.Pos(), "%q is not a valid glob", it.String()).
					WithNext("Write it as packages/app/public/** or **/*.md, for example")
			}
			c.Noise = append(c.Noise, it.String())
		}
	default:
		return fault.At(m.KeyPos, "there is no setting %q", m.Key).WithNext("Use one of: base, noise, pending")
	}
	return err
}

func releaseOf(v yamledit.Value, what string) (string, error) {
	if _, err := semrange.ParseVersion(v.String()); err != nil || v.Kind() == yamledit.Mapping {
		return "", fault.At(v.Pos(), "%s is %q, but must be a release", what, v.String()).WithNext("Write it as 1.53.0, for example")
	}
	return v.String(), nil
}

// noisy reports whether a path of the template is left alone.
func (c *Config) noisy(path string) bool {
	match := func(glob string) bool { ok, _ := doublestar.Match(glob, path); return ok }
	noisy := slices.ContainsFunc(defaultNoise, match)
	if c == nil {
		return noisy
	}
	for _, g := range c.Noise {
		if back, ok := strings.CutPrefix(g, "!"); ok && match(back) {
			noisy = false
		} else if !ok && match(g) {
			noisy = true
		}
	}
	return noisy
}
