package database

import (
	"errors"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portalctl/portalctl/internal/appconfig"
)

// errURI never quotes the URI: it may hold a password.
var errURI = errors.New("the connection string is not a URI that node-pg understands")

// parseURI is parse of pg-connection-string 2.14: a postgres:// URI, or the
// folder of a socket and a database with a space between them. Files that
// sslcert, sslkey and sslrootcert name are read, relative to dir.
func parseURI(s, dir string, o appconfig.Origin) (*value, error) {
	o.Var = "" // no part of it is the whole variable
	out := object()
	out.origin = o
	if strings.HasPrefix(s, "/") {
		host, rest, ok := strings.Cut(s, " ")
		out.set("host", text(host, o))
		if ok {
			database, _, _ := strings.Cut(rest, " ")
			out.set("database", text(database, o))
		}
		return out, nil
	}
	if unencoded.MatchString(s) {
		s = twiceEncoded.ReplaceAllString(encodeURI(s), "%$1")
	}
	u, err := splitURI(s)
	dummy := false
	if err != nil {
		// As it does, try again with a host in the empty place.
		u, err = splitURI(strings.Replace(s, "@/", "@___DUMMY___/", 1))
		dummy = true
	}
	if err != nil {
		return nil, err
	}
	for _, pair := range u.query {
		out.set(pair[0], text(pair[1], o))
	}
	if err := u.login(out, o); err != nil {
		return nil, err
	}
	if u.scheme == "socket" {
		path, err := decode(u.path, uriReserved)
		if err != nil {
			return nil, err
		}
		out.set("host", text(path, o))
		out.set("database", orNull(out.get("db"), o))
		out.set("client_encoding", orNull(out.get("encoding"), o))
		return out, nil
	}
	if err := u.place(out, dummy, o); err != nil {
		return nil, err
	}
	return out, sslOfURI(out, dir, o)
}

var (
	unencoded    = regexp.MustCompile(`(?i) |%[^a-f0-9]|%[a-f0-9][^a-f0-9]`)
	twiceEncoded = regexp.MustCompile(`%25([0-9][0-9])`)
)

func orNull(v *value, o appconfig.Origin) *value {
	if v == nil {
		return null(o)
	}
	return v
}

// login sets user and password: a parameter goes before the user part.
func (u *uri) login(out *value, o appconfig.Origin) error {
	for key, raw := range map[string]string{"user": u.user, "password": u.password} {
		if out.get(key).truthy() {
			continue
		}
		s, err := decode(raw, "")
		if err != nil {
			return err
		}
		out.set(key, text(s, o))
	}
	return nil
}

// place sets host, port and database: parameters go before the authority.
func (u *uri) place(out *value, dummy bool, o appconfig.Origin) error {
	host := u.host
	if dummy {
		host = ""
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	path := u.path
	if !out.get("host").truthy() {
		s, err := decode(host, "")
		if err != nil {
			return err
		}
		h := text(s, o)
		h.noURI = u.relative
		out.set("host", h)
	} else if strings.HasPrefix(strings.ToLower(host), "%2f") {
		path = "/" + host + path
	}
	if !out.get("port").truthy() {
		out.set("port", text(u.port, o))
	}
	out.set("database", null(o))
	if len(path) > 1 {
		s, err := decode(path[1:], uriReserved)
		if err != nil {
			return err
		}
		out.set("database", text(s, o))
	}
	return nil
}

// sslOfURI makes the ssl value of the ssl parameters.
func sslOfURI(out *value, dir string, o appconfig.Origin) error {
	param := func(name string) string {
		if v := out.get(name); v != nil {
			return v.text
		}
		return ""
	}
	switch param("ssl") {
	case "true", "1":
		out.set("ssl", boolean(true, o))
	case "0":
		out.set("ssl", boolean(false, o))
	}
	mode := param("sslmode")
	ssl := object()
	ssl.origin = o
	if mode != "" || param("sslcert") != "" || param("sslkey") != "" || param("sslrootcert") != "" {
		out.set("ssl", ssl)
	}
	if param("sslnegotiation") == "direct" && out.get("ssl") == nil {
		out.set("ssl", boolean(true, o))
	}
	for _, f := range [][2]string{{"sslcert", "cert"}, {"sslkey", "key"}, {"sslrootcert", "ca"}} {
		name := param(f[0])
		if name == "" {
			continue
		}
		src, err := readSmall(resolvePath(dir, name))
		if err != nil {
			return errors.New("the file of " + f[0] + " in the connection string cannot be read")
		}
		ssl.set(f[1], text(string(src), o))
	}
	if param("uselibpqcompat") == "true" {
		return libpqCompat(out, ssl, mode, param("sslrootcert") != "", o)
	}
	switch mode {
	case "disable":
		out.set("ssl", boolean(false, o))
	case "no-verify":
		ssl.set("rejectUnauthorized", boolean(false, o))
	}
	return nil
}

// readSmall reads a certificate or a list of them: a regular file of at most
// 4 MB.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > 4<<20 {
		return nil, errors.New("not a file of certificates")
	}
	return os.ReadFile(path)
}

// anyName marks an ssl value whose server name is not checked: in
// pg-connection-string it has a checkServerIdentity that does nothing.
const anyName = "checkServerIdentity"

func libpqCompat(out, ssl *value, mode string, rootCert bool, o appconfig.Origin) error {
	switch mode {
	case "disable":
		out.set("ssl", boolean(false, o))
	case "prefer":
		ssl.set("rejectUnauthorized", boolean(false, o))
	case "require":
		if rootCert {
			ssl.set(anyName, boolean(true, o))
		} else {
			ssl.set("rejectUnauthorized", boolean(false, o))
		}
	case "verify-ca":
		if ssl.get("ca") == nil {
			return errors.New("sslmode=verify-ca in the connection string needs sslrootcert")
		}
		ssl.set(anyName, boolean(true, o))
	}
	return nil
}

// uri is a URI as WHATWG's parser splits it when its scheme is none of the
// web's. The parts are still percent-encoded.
type uri struct {
	scheme, user, password, host, port, path string
	query                                    [][2]string
	// relative says that it is no URI. node-pg then takes it for a path on a
	// host called "base".
	relative bool
}

var uriScheme = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9+.-]*):`)

func splitURI(s string) (*uri, error) {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	m := uriScheme.FindString(s)
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

// validText has U+FFFD for each byte that is no part of a character.
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
