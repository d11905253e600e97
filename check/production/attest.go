package production

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/workspace"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// attestationEntry is what somebody says of an item that no file can show.
type attestationEntry struct {
	Item, URL, Owner string
	// Expires is the last day on which it counts, as 2006-01-02.
	Expires string
	Pos     fault.Pos

	until time.Time
}

func (a attestationEntry) counts(now time.Time) bool { return now.Before(a.until) }

// Config is the section production of .portalctl.yaml. nil is an empty one.
type Config struct {
	decisions *finding.Config
	attests   []attestationEntry
}

// maxAttested is how many days ahead an attestation may end: what nobody has looked at
// for longer is no evidence.
const maxAttested = 400

// attestationKey marks the finding of an item that fails because its attestation has
// ended.
const attestationKey = "attestation"

// expiredRule is of attestations that have ended, whatever their item came to.
var expiredRule = finding.Rule{ID: "attestation-expired", Title: "an attestation in " + finding.ConfigFile + " has expired", Severity: finding.Warning,
	URL: "https://github.com/portalctl/portalctl/blob/main/docs/production.md#what-no-file-can-show"}

// ReadConfig reads the section production of .portalctl.yaml at the root, if there is
// one. What is not known there is an error with its place.
func ReadConfig(p *workspace.Project, now time.Time) (*Config, error) {
	src, err := finding.ReadFile(p.Read)
	if src == nil {
		return nil, err
	}
	return parseConfig(src, now)
}

func parseConfig(src []byte, now time.Time) (*Config, error) {
	c := &Config{}
	schema := finding.Schema{Section: "production", Rules: itemRules(profileEnterprise), Now: now, Keys: map[string]func(yamledit.Value) error{
		"attest": func(v yamledit.Value) (err error) { c.attests, err = attestations(v, now); return err },
	}}
	var err error
	c.decisions, err = finding.ParseConfig(finding.ConfigFile, src, schema)
	return c, err
}

func attestations(v yamledit.Value, now time.Time) ([]attestationEntry, error) {
	if v.Kind() != yamledit.Sequence && v.Kind() != yamledit.Null {
		return nil, fault.At(v.Pos(), "attest is %s, but must be a list", v.Kind()).WithNext(`Write one "- item: …" for each attestation`)
	}
	var list []attestationEntry
	for _, it := range v.Items() {
		a, err := attestation(it, now)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(list, func(b attestationEntry) bool { return b.Item == a.Item }); i >= 0 {
			return nil, fault.At(a.Pos, "%s is attested twice, in line %d as well", a.Item, list[i].Pos.Line).WithNext("Keep one of them")
		}
		list = append(list, a)
	}
	return list, nil
}

func attestation(v yamledit.Value, now time.Time) (attestationEntry, error) {
	a := attestationEntry{Pos: v.Pos()}
	members, err := finding.Members(v, "an attestation", "item: slo")
	if err != nil {
		return a, err
	}
	for _, m := range members {
		text := strings.TrimSpace(m.Value.String())
		switch m.Key {
		case "item":
			a.Item = text
			var ids []string
			for _, i := range allItems() {
				ids = append(ids, i.ID)
			}
			if !slices.Contains(ids, text) {
				return a, fault.At(m.Value.Pos(), "there is no item %q", text).WithNext("Use one of: %s", strings.Join(ids, ", "))
			}
		case "url":
			a.URL = text
			if u, err := url.Parse(text); err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
				return a, fault.At(m.Value.Pos(), "the url of an attestation must be a web address without a login").WithNext("Write it as https://wiki.example.com/slo")
			}
		case "owner":
			a.Owner = text
		case "expires":
			a.Expires = text
			if a.until, err = finding.Until(m.Value, now, maxAttested, "2027-01-31, the last day on which the attestation counts", "look again then"); err != nil {
				return a, err
			}
		default:
			return a, fault.At(m.KeyPos, "there is no setting %q", m.Key).WithNext("Use one of: item, url, owner, expires")
		}
	}
	for _, need := range [][2]string{{"item", a.Item}, {"url", a.URL}, {"owner", a.Owner}, {"expires", a.Expires}} {
		if need[1] == "" {
			return a, fault.At(a.Pos, "the attestation has no %s", need[0]).
				WithNext("Give each attestation an item, the url that shows it, an owner, and the last day on which it counts (expires)")
		}
	}
	return a, nil
}

func (c *Config) findings() *finding.Config {
	if c == nil {
		return nil
	}
	return c.decisions
}

func (c *Config) attestation(id string) *attestationEntry {
	if c == nil {
		return nil
	}
	if i := slices.IndexFunc(c.attests, func(a attestationEntry) bool { return a.Item == id }); i >= 0 {
		return &c.attests[i]
	}
	return nil
}

// expired are the findings about attestations that have ended, but for those that made
// their item fail, which say so: somebody promised to look again.
func (c *Config) expired(now time.Time, have []finding.Finding) []finding.Finding {
	if c == nil {
		return nil
	}
	var list []finding.Finding
	for _, a := range c.attests {
		said := slices.ContainsFunc(have, func(f finding.Finding) bool { return f.Rule == a.Item && f.Key == attestationKey })
		if !a.counts(now) && !said {
			list = append(list, finding.Finding{Rule: expiredRule.ID, Severity: expiredRule.Severity, Pos: a.Pos, Name: a.Item, Key: a.Expires,
				Message: "the attestation of " + a.Owner + " for " + a.Item + " ended on " + a.Expires,
				Next:    "Look at " + a.URL + " again and give the attestation a new day, or take it out"})
		}
	}
	return list
}
