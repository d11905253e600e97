package yarncli

import (
	"net/url"
	"sort"
	"strings"

	"github.com/portalctl/portalctl/internal/repofile"
)

const masked = "***"

// masker replaces secrets in Yarn's output: values of variables and settings
// that hold credentials, and credentials in URLs.
type masker struct{ replace *strings.Replacer }

func newMasker(environ []string, rcFiles ...string) *masker {
	seen := map[string]bool{}
	var values []string
	add := func(v string) {
		v = strings.Trim(strings.TrimSpace(v), `"'`)
		// Short values are words such as "true" or "0": masking those would
		// make the output unreadable.
		for _, form := range []string{v, url.QueryEscape(v), url.PathEscape(v)} {
			if len(v) >= 6 && !seen[form] {
				seen[form] = true
				values = append(values, form)
			}
		}
	}
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok && secretName(name) {
			add(value)
		}
	}
	for _, file := range rcFiles {
		b, err := repofile.Read(file, repofile.MaxSettings)
		if err != nil {
			continue
		}
		for line := range strings.SplitSeq(string(b), "\n") {
			for _, sep := range []string{"=", ":", " "} { // .npmrc, YAML, .yarnrc
				name, value, ok := strings.Cut(strings.TrimSpace(line), sep)
				// The name in .npmrc may have colons: //host:8080/:_authToken=x
				if sep == ":" && strings.Contains(name, "/") {
					continue
				}
				if ok && !strings.ContainsAny(strings.TrimSpace(name), " \t") && secretName(name) && !strings.Contains(value, "${") {
					add(value)
				}
			}
		}
	}
	// The longest first, so that no value is masked as a part of another.
	sort.Slice(values, func(i, j int) bool { return len(values[i]) > len(values[j]) })
	var pairs []string
	for _, v := range values {
		pairs = append(pairs, v, masked)
	}
	return &masker{strings.NewReplacer(pairs...)}
}

func secretName(name string) bool {
	name = strings.ToUpper(name)
	if !strings.Contains(name, "AUTHORIZATION") {
		name = strings.ReplaceAll(name, "AUTHOR", "") // GIT_AUTHOR_NAME
	}
	for _, part := range []string{"TOKEN", "SECRET", "PASSWORD", "PASSWD", "AUTH", "CREDENTIAL", "APIKEY", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return strings.HasSuffix(name, "_PAT")
}

func (m *masker) mask(s string) string {
	if m == nil {
		return s
	}
	s = m.replace.Replace(s)
	// user:password@ in a URL.
	for from := 0; ; {
		i := strings.Index(s[from:], "://")
		if i < 0 {
			return s
		}
		start := from + i + len("://")
		end := start + len(s[start:])
		if j := strings.IndexAny(s[start:], "/?# \t\"'"); j >= 0 {
			end = start + j
		}
		from = end
		if at := strings.LastIndexByte(s[start:end], '@'); at >= 0 {
			s = s[:start] + masked + s[start+at:]
			from = start + len(masked)
		}
	}
}
