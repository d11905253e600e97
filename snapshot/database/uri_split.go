package database

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/pattern"
)

// uri is a URI as WHATWG's parser splits it when its scheme is none of the
// web's. The parts are still percent-encoded.
type uri struct {
	scheme, user, password, host, port, path string
	query                                    [][2]string
	// relative says that it is no URI. node-pg then takes it for a path on a
	// host called "base".
	relative bool
}

var uriScheme = pattern.New(`^([a-zA-Z][a-zA-Z0-9+.-]*):`)

func splitURI(s string) (*uri, error) {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	m := uriScheme().FindString(s)
	rest := s[len(m):]
	u := &uri{scheme: strings.ToLower(strings.TrimSuffix(m, ":"))}
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	u.query = parseQuery(query)
	authority, hasAuthority := strings.CutPrefix(rest, "//")
	path := rest
	if hasAuthority {
		path = ""
		if i := strings.IndexByte(authority, '/'); i >= 0 {
			authority, path = authority[:i], authority[i:]
		}
	} else if m == "" {
		u.relative, u.host = true, "base"
		path = "/" + rest
	}
	if !hasAuthority && !strings.HasPrefix(path, "/") {
		u.path = encodeControl(path) // "scheme:text" is opaque to the parser
		return u, nil
	}
	u.path = dotSegments(path)
	if !hasAuthority {
		return u, nil
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		u.user, u.password, _ = strings.Cut(authority[:i], ":")
		if authority = authority[i+1:]; authority == "" {
			return nil, errURI
		}
	}
	return u, u.splitHost(authority)
}

func (u *uri) splitHost(s string) error {
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return errURI
		}
		if _, err := netip.ParseAddr(s[1:end]); err != nil {
			return errURI
		}
		host, port = s[:end+1], s[end+1:]
		if port != "" && port[0] != ':' {
			return errURI
		}
		port = strings.TrimPrefix(port, ":")
	} else {
		var ok bool
		host, port, ok = strings.Cut(s, ":")
		if ok && host == "" || strings.ContainsAny(host, " <>?@[\\]^|\x00") {
			return errURI
		}
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || strings.ContainsAny(port, "+_") {
			return errURI
		}
		port = strconv.FormatUint(n, 10)
	}
	u.host, u.port = host, port
	return nil
}

// dotSegments removes "." and ".." from a path, as the URL parser does.
func dotSegments(path string) string {
	if !strings.Contains(path, ".") && !strings.Contains(strings.ToLower(path), "%2e") {
		return path
	}
	var out []string
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch strings.ReplaceAll(strings.ToLower(s), "%2e", ".") {
		case ".":
		case "..":
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
		default:
			out = append(out, s)
			continue
		}
		if last {
			out = append(out, "")
		}
	}
	return "/" + strings.Join(out, "/")
}

// encodeControl encodes what is not ASCII, and control characters.
func encodeControl(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			b.WriteString(escapeByte(s[i]))
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func escapeByte(c byte) string {
	return "%" + strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16)[1:])
}

// parseQuery is URLSearchParams.
func parseQuery(s string) [][2]string {
	var out [][2]string
	for _, pair := range strings.Split(s, "&") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		out = append(out, [2]string{formDecode(k), formDecode(v)})
	}
	return out
}

func formDecode(s string) string {
	s = strings.ReplaceAll(s, "+", " ")
	if out, err := url.PathUnescape(s); err == nil {
		return validText(out)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return validText(b.String())
}

// validText has U+FFFD for each byte that is not part of a character.
func validText(s string) string { return string([]rune(s)) }

// uriReserved are the characters that decodeURI leaves encoded.
const uriReserved = ";/?:@&=+$,#"

// decode is decodeURIComponent, or with reserved characters decodeURI. A
// broken escape is an error, as it is one in JavaScript.
func decode(s, reserved string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", errURI
		}
		n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", errURI
		}
		if n < utf8.RuneSelf && strings.IndexByte(reserved, byte(n)) >= 0 {
			b.WriteString(s[i : i+3])
		} else {
			b.WriteByte(byte(n))
		}
		i += 2
	}
	if !utf8.ValidString(b.String()) {
		return "", errURI
	}
	return b.String(), nil
}

// encodeURI is JavaScript's: all but letters, digits and -_.!~*'();/?:@&=+$,#
// is percent-encoded, "%" too.
func encodeURI(s string) string {
	const keep = "-_.!~*'()" + uriReserved
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(keep, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteString(escapeByte(c))
	}
	return b.String()
}
