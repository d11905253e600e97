package httpfetch

import (
	"net/url"
	"strings"
)

// Redact is an address that can be shown: userinfo and fragment are left out,
// a query is replaced by "?…", because all of them may hold secrets.
func Redact(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Opaque != "" {
		// Not an address: keep what cannot be a secret.
		if i := strings.IndexAny(rawURL, "?#"); i >= 0 {
			rawURL = rawURL[:i]
		}
		if i := strings.LastIndex(rawURL, "@"); i >= 0 {
			scheme, _, ok := strings.Cut(rawURL, "://")
			if rawURL = rawURL[i+1:]; ok {
				rawURL = scheme + "://" + rawURL
			}
		}
		return rawURL
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	query := u.RawQuery != ""
	u.RawQuery, u.ForceQuery = "", false
	s := u.String()
	if query {
		s += "?…"
	}
	return s
}

func hostOf(rawURL string) string {
	if u, err := url.Parse(rawURL); err == nil && u.Host != "" {
		return u.Host
	}
	return "the server"
}

// scrub redacts every address in a message of another library.
func scrub(text string) string {
	var b strings.Builder
	for text != "" {
		i := strings.Index(text, "://")
		if i < 0 {
			break
		}
		start := strings.LastIndexAny(text[:i], " \t\n\"'(<") + 1
		end := i
		for end < len(text) && !strings.ContainsRune(" \t\n\"')>", rune(text[end])) {
			end++
		}
		b.WriteString(text[:start])
		b.WriteString(Redact(text[start:end]))
		text = text[end:]
	}
	b.WriteString(text)
	return b.String()
}
