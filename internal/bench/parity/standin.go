package parity

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/portalctl/portalctl/internal/semrange"
)

// StandIn makes the proxy serve versions of a release that the registry,
// which is partial, lacks: with the manifest and the tarball of the nearest
// version that it has, asking for the release's versions of other packages,
// as real releases do.
func (p *Proxy) StandIn(release map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.release, p.nearest = release, map[string]string{}
}

// addMissing adds the release's version to a packument that lacks it.
func (p *Proxy) addMissing(path string, body []byte) []byte {
	name, err := url.PathUnescape(strings.TrimPrefix(path, "/"))
	p.mu.Lock()
	want := p.release[name]
	p.mu.Unlock()
	if err != nil || want == "" {
		return body
	}
	var doc map[string]json.RawMessage
	var versions map[string]json.RawMessage
	if json.Unmarshal(body, &doc) != nil || json.Unmarshal(doc["versions"], &versions) != nil || versions[want] != nil {
		return body
	}
	from := nearestVersion(versions, want)
	if from == "" {
		return body
	}
	var times map[string]string
	_ = json.Unmarshal(doc["time"], &times)
	times[want] = times[from]
	manifest, err := p.disguise(versions[from], from, want)
	if err != nil {
		return body
	}
	versions[want] = manifest
	doc["versions"], _ = json.Marshal(versions)
	doc["time"], _ = json.Marshal(times)
	p.mu.Lock()
	p.nearest[name+"@"+want] = from
	p.mu.Unlock()
	out, err := json.Marshal(doc)
	if err != nil {
		return body
	}
	return out
}

// disguise turns the manifest of one version into that of another.
func (p *Proxy) disguise(manifest []byte, from, want string) ([]byte, error) {
	var m map[string]any
	if err := json.Unmarshal(manifest, &m); err != nil {
		return nil, err
	}
	m["version"] = want
	if dist, ok := m["dist"].(map[string]any); ok {
		if address, ok := dist["tarball"].(string); ok {
			dist["tarball"] = strings.Replace(address, "-"+from+".tgz", "-"+want+".tgz", 1)
		}
	}
	for _, section := range []string{"dependencies", "peerDependencies"} {
		deps, _ := m[section].(map[string]any)
		for name := range deps {
			if v := p.release[name]; v != "" {
				deps[name] = "^" + v
			}
		}
	}
	return json.Marshal(m)
}

// nearestVersion is the highest version below want, else the lowest above.
func nearestVersion(versions map[string]json.RawMessage, want string) string {
	limit, err := semrange.ParseVersion(want)
	if err != nil {
		return ""
	}
	below, above := "", ""
	for text := range versions {
		v, err := semrange.ParseVersion(text)
		if err != nil {
			continue
		}
		if semrange.Compare(v, limit) < 0 {
			if below == "" || semrange.CompareText(text, below) > 0 {
				below = text
			}
		} else if above == "" || semrange.CompareText(text, above) < 0 {
			above = text
		}
	}
	if below != "" {
		return below
	}
	return above
}

// standInTarball is the tarball that stands in for path.
func (p *Proxy) standInTarball(ctx context.Context, path string) ([]byte, int, error) {
	plain, err := url.PathUnescape(strings.TrimPrefix(path, "/"))
	name, file, ok := strings.Cut(plain, "/-/")
	if err != nil || !ok {
		return p.get(ctx, path)
	}
	base := name[strings.LastIndexByte(name, '/')+1:]
	version := strings.TrimSuffix(strings.TrimPrefix(file, base+"-"), ".tgz")
	p.mu.Lock()
	from := p.nearest[name+"@"+version]
	p.mu.Unlock()
	if from != "" {
		path = "/" + name + "/-/" + base + "-" + from + ".tgz"
	}
	return p.get(ctx, path)
}

// isPackument tells a packument from a tarball.
func isPackument(path string) bool { return !strings.Contains(path, "/-/") }
