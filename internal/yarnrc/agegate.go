package yarnrc

import (
	"strconv"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/bmatcuk/doublestar/v4"

	"github.com/portalctl/portalctl/internal/semrange"
)

const day = 24 * time.Hour

// MinimalAge is the age that a version of a package must have before Yarn of
// the given version takes it by itself; zero means any. Found in Yarn's
// releases: the setting came with 4.10 (default none), which takes a number of
// minutes and reads no unit: "2d" is two minutes. Since 4.11 it is two days. The default became one
// day in 4.15, and since 4.17 a scope has its own, which is one day for every
// scope in npmScopes that does not say otherwise, whatever the setting itself
// says. An empty or unknown version counts as the newest Yarn.
func (s *Settings) MinimalAge(pkg, yarn string) time.Duration {
	v, err := semver.StrictNewVersion(yarn)
	since := func(minor uint64) bool {
		return err != nil || v.Major() > 4 || v.Major() == 4 && v.Minor() >= minor
	}
	if s.Classic || !since(10) {
		return 0
	}
	def := time.Duration(0)
	if since(15) {
		def = day
	}
	if scope := s.auth.scope(pkg); scope != nil && since(17) {
		return scope.age.Or(day)
	}
	if err == nil && !since(11) {
		return s.ageNumber.Or(def)
	}
	return s.NpmMinimalAgeGate.Or(def)
}

// ParseAge reads npmMinimalAgeGate as Yarn 4.11 and later do: minutes, or a
// duration such as 3d.
func ParseAge(text string) (age time.Duration, ok bool) { return parseDuration(text, time.Minute) }

// LeadingMinutes is JavaScript's parseInt, by which Yarn 4.10 reads the setting.
func LeadingMinutes(s string) time.Duration {
	n := len(s) - len(strings.TrimLeft(s, "0123456789"))
	minutes, _ := strconv.Atoi(s[:n])
	return time.Duration(minutes) * time.Minute
}

// Preapproved reports whether npmPreapprovedPackages exempts a version of a
// package from the minimal age: by name, by a glob over names, or by name and
// range.
func (s *Settings) Preapproved(pkg string, version *semver.Version) bool {
	for _, entry := range s.NpmPreapprovedPackages {
		name, rng := entry, ""
		if i := strings.LastIndexByte(entry, '@'); i > 0 {
			name, rng = entry[:i], entry[i+1:]
			if rng == "" {
				continue
			}
		}
		if name != pkg {
			if ok, _ := doublestar.Match(name, pkg); !ok {
				continue
			}
		}
		if rng == "" {
			return true
		}
		if r, err := semrange.Parse(rng); err == nil && r.Satisfies(version) {
			return true
		}
	}
	return false
}
