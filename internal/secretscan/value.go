package secretscan

import (
	"slices"
	"strings"
	"unicode"

	"github.com/portalctl/portalctl/internal/pattern"
)

// class is what the name of a key says of its value.
type class int

const (
	noSecret class = iota
	password       // any text may be one
	token          // made by a machine, in most cases
)

// plainEnds are what the names of things around secrets end with: secretName, tokenUrl.
var plainEnds = []string{"name", "names", "file", "files", "path", "paths", "url", "uri", "urls", "ref", "refs", "id", "ids", "type", "types", "ttl", "length",
	"expiry", "expiration", "expires", "expiresin", "expireson", "field", "fields", "label", "policy", "hint", "placeholder", "title", "description", "prefix", "suffix",
	"count", "limit", "enabled", "required", "provider", "providers", "endpoint", "rule", "rules", "issuer", "audience", "algorithm", "alg", "class", "store", "manager", "arn",
	"version", "env", "envvar", "var", "input", "regex", "pattern", "format", "scope", "scopes", "domain", "service", "handler", "error", "message", "schema", "usage",
	"mode", "template", "request", "response", "method", "kind", "duration", "timeout", "host", "port", "size", "lifetime", "selector", "mount", "volume", "backend",
	"check", "factory", "header", "headers", "permission", "permissions", "secrets", "annotation", "strategy", "source", "location", "param", "action", "page", "route", "form",
	"supported", "callback", "interval", "text", "info", "status", "state", "role", "namespace", "operator", "group", "cert", "certificate", "style", "color", "passwordkey", "tokenkey", "secretkeys",
	"env_var", "function", "func", "fn", "plugin", "module", "client", "config", "options", "test", "setting", "settings", "exists", "rotation", "disabled", "visibility", "accepted", "grants", "mapping", "stdin", "filter", "filters"}

// plainParts are in the names of what is no secret, wherever.
var plainParts = []string{"public", "tokeniz", "keyref", "existingsecret", "pullsecret", "passthrough", "passport", "bypass", "compass", "author", "oauthapp", "secretstore", "externalsecret",
	"csrf", "xsrf", "cancel", "passive", "passing", "passed", "resetpassword", "forgotpassword", "pagetoken", "nexttoken", "csstoken", "designtoken", "tokenreview", "secretlint", "authmethod", "authmode", "authn", "authz", "authority"}

// tokenEnds are what the names of keys that machines make end with.
var tokenEnds = []string{"credential", "credentials", "apikey", "accesskey", "privatekey", "signingkey", "encryptionkey", "connectionstring", "writekey", "masterkey",
	"accountkey", "applicationkey", "ddappkey", "datadogappkey", "licensekey", "storagekey", "cookiekey", "subscriptionkey", "keypass"}

var flattened = strings.NewReplacer("-", "", "_", "")

// classOf judges the name of a key.
func classOf(key string) class {
	last := key[strings.LastIndexByte(key, '.')+1:]
	flat := flattened.Replace(strings.ToLower(last))
	if flat == "authorization" {
		return token
	}
	if hasAny(flat, plainParts) {
		return noSecret
	}
	if endsInAny(flat, plainEnds) {
		return noSecret
	}
	switch {
	case strings.Contains(flat, "password"), strings.Contains(flat, "passwd"), strings.Contains(flat, "passphrase"), flat == "pgpass", flat == "requirepass", flat == "masterauth":
		return password
	case endsInWord(last, "pass"), endsInWord(last, "pwd"), endsInWord(last, "pw"):
		return password
	case flat == "auth", flat == "npmauthident", strings.Contains(flat, "secret"), strings.Contains(flat, "token"), endsInAny(flat, tokenEnds):
		return token
	}
	return noSecret
}

func endsInAny(name string, ends []string) bool {
	return slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(name, end) })
}

// endsInWord: DB_PASS, dbPass, pass; not compass.
func endsInWord(name, word string) bool {
	if !strings.HasSuffix(strings.ToLower(name), word) {
		return false
	}
	rest := name[:len(name)-len(word)]
	return rest == "" || strings.HasSuffix(rest, "_") || strings.HasSuffix(rest, "-") || name[len(rest)] == word[0]-'a'+'A' && !unicode.IsUpper(rune(rest[len(rest)-1]))
}

// defaults are passwords that everybody knows.
var defaults = map[string]bool{"changeme": true, "change-me": true, "change_me": true, "changeit": true, "change-it": true, "password": true, "passw0rd": true, "p@ssw0rd": true,
	"password1": true, "password123": true, "admin": true, "admin123": true, "administrator": true, "postgres": true, "postgresql": true, "root": true, "toor": true,
	"secret": true, "guest": true, "test": true, "test123": true, "backstage": true, "default": true, "123456": true, "12345678": true, "1234": true, "qwerty": true, "letmein": true,
	"example": true, "pass": true, "mysecretpassword": true, "supersecret": true, "super-secret": true, "s3cret": true, "minioadmin": true, "redis": true, "mysql": true, "guestguest": true}

// noValues are words with a meaning of their own where a value stands.
var noValues = map[string]bool{"true": true, "false": true, "null": true, "none": true, "undefined": true, "nil": true, "string": true, "number": true, "boolean": true, "object": true,
	"array": true, "any": true, "required": true, "optional": true, "hidden": true, "include": true, "omit": true, "same-origin": true, "read": true, "write": true, "inherit": true,
	"yes": true, "no": true, "on": true, "off": true, "oauth": true, "oauth2": true, "basic": true, "bearer": true, "static": true, "plain": true, "text": true, "unknown": true, "~": true,
	"enabled": true, "disabled": true, "legacy": true, "jwks": true, "pkce": true}

var (
	// reference is a value that is somewhere else.
	reference = pattern.New(`\$\{|\$\(|\$\[|^\$|\{\{|\{%|<%|^%[A-Za-z_]+%$|^@[A-Za-z_]+@$|^ENC\[|^wcFMA|^(?:vault|ref\+|op|secretref|secretsmanager|sm|ssm|keyvault|gcpsm|awssm|awsssm):|^arn:aws|^projects/[^/]+/secrets|^@Microsoft\.|^[*&!][A-Za-z]|process\.env|os\.environ|^env\(|#\{|^\[[^\]]*\]$|^\(\(`)
	// hollow is a value that says that it is none.
	hollow    = pattern.New(`(?i)^<.*>$|^\[.*\]$|^\{.*\}$|^[x*.#_-]+$|xxxx|\*\*\*|\.\.\.|…|^(?:my|your|the|some|a|an|insert|enter|put|add|use|set|replace|todo|tbd|fixme|dummy|fake|mock|sample|placeholder|redacted|removed|not-?a|no|test|testing|example|invalid)(?:[-_ .]|$)|[-_ ](?:here|placeholder)$|replace[-_ ]?(?:me|this|with)|placeholder|redacted|your[-_ ]|example|dummy`)
	someWords = pattern.New(`^(?:[a-z]+|[A-Z]+|[A-Z][a-z]+|[a-z]+(?:[A-Z][a-z]+)+|(?:[A-Z][a-z]+){2,})(?:[-_./: @+](?:[a-z]+|[A-Z]+|[A-Z][a-z]+|v?\d{1,4}|[a-z]+(?:[A-Z][a-z]+)+|(?:[A-Z][a-z]+){2,}))*/?$`)
	filePath  = pattern.New(`^(?:~|\.{1,2})?/[\w.-]+(?:/[\w.-]+)*/?$|^[\w./-]+\.(?:pem|key|crt|json|ya?ml|txt|jks|p12|env|ts|js|html?)$|^[A-Za-z]:\\`)
)

// random reports whether a value looks as if a machine had made it.
func random(v string) bool {
	if len(v) < 8 || someWords().MatchString(v) || strings.ContainsAny(v, " \t") {
		return false
	}
	letter, digit := false, false
	for _, r := range v {
		letter, digit = letter || unicode.IsLetter(r), digit || unicode.IsDigit(r)
	}
	bits := entropy(v)
	switch {
	case len(v) >= 20:
		return bits >= 3.3 && (digit || bits >= 3.9)
	case len(v) >= 12:
		return bits >= 3 && letter && digit
	}
	return letter && digit && bits >= 2.5
}

// judge says what the value of a key is: a rule, or "" for no secret.
func (s *scanner) judge(c class, key, v string, quoted, comment bool) string {
	if c == noSecret || len(v) < 4 || len(v) > 8192 || s.kind == source && !quoted {
		return ""
	}
	low := strings.ToLower(v)
	if comment && !random(v) || strings.IndexFunc(v, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 {
		return "" // an example, or a sentence
	}
	if noValues[low] || reference().MatchString(v) || strings.EqualFold(v, key) {
		return ""
	}
	config := s.kind != source && s.kind != other && !s.prose && !s.schema
	if defaults[low] {
		if config && (c == password || s.appConfig || low != "secret" && low != "default" && low != "backstage" && low != "password") {
			return RuleDefault
		}
		return ""
	}
	if hollow().MatchString(v) || wellKnown(v) || filePath().MatchString(v) && !(len(v) >= 32 && strings.ContainsAny(v, "+")) || strings.Contains(v, "://") && !strings.Contains(low, "accountkey=") {
		return ""
	}
	if strings.ContainsAny(v, " \t") && !strings.Contains(strings.ToLower(key), "passphrase") {
		return ""
	}
	if s.prose || s.schema {
		if len(v) >= 20 && random(v) && !s.prose {
			return ruleLiteral
		}
		return ""
	}
	if number(v) && (c == token || len(v) < 6) {
		return ""
	}
	isWords := someWords().MatchString(v)
	switch {
	case s.kind == source && c == password:
		if isWords || len(v) < 8 || !random(v) {
			return ""
		}
	case s.kind == source:
		if len(v) < 16 || !random(v) {
			return ""
		}
	case c == token && s.appConfig:
		if isWords && len(v) < 8 {
			return ""
		}
	case c == token:
		if !random(v) {
			return ""
		}
	case isWords && (strings.ContainsAny(v, "./:") || s.kind == shell || s.kind == jsonFile):
		return ""
	}
	return ruleLiteral
}

func number(v string) bool { return strings.Trim(v, "0123456789.,_smhd") == "" }
