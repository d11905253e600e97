package appconfig

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pattern"
)

// Origin says where a value came from.
type Origin struct {
	// Pos is the value's place in the file that it was written in. For a value
	// of APP_CONFIG_… the file is "env" and there is no line, as Backstage
	// calls that source.
	Pos fault.Pos
	// Key is the place of the key whose value it is; zero for items of lists, and for
	// what is not in a file.
	Key fault.Pos
	// Vars are the names of the environment variables that went into the value,
	// in the order of their use.
	Vars []string
	// Var is set when the value is exactly one variable's text, so that "$Var"
	// may stand for it in a script.
	Var string
	// File is the file that $file read, "" for none.
	File string
}

// Hidden reports whether the value came from the environment or from $file,
// where secrets are kept.
func (o Origin) Hidden() bool { return len(o.Vars) > 0 || o.File != "" }

// String names the origin for people: "app-config.yaml:12:7 ($PGHOST)".
func (o Origin) String() string {
	s := o.Pos.String()
	if len(o.Vars) > 0 {
		s += " ($" + strings.Join(o.Vars, ", $") + ")"
	}
	if o.File != "" {
		s += " (" + o.File + ")"
	}
	return s
}

// Value is a value of the configuration. However it is formatted or encoded,
// the text of a value that may be secret does not show. The zero Value is no
// value.
type Value struct {
	key  string
	node *node
}

// Key is the dotted path of the value; items of lists have [i].
func (v Value) Key() string { return v.key }

// Kind is what the value is; Null for no value.
func (v Value) Kind() Kind {
	if v.node == nil {
		return Null
	}
	return v.node.kind
}

// Reveal is the text of a scalar, secret or not: a string's, or a number or
// boolean as JavaScript prints it; "" for anything else.
func (v Value) Reveal() string {
	if v.node == nil || v.node.kind == Null {
		return ""
	}
	return v.node.text
}

// Origin is where the value came from.
func (v Value) Origin() Origin {
	if v.node == nil {
		return Origin{}
	}
	return v.node.origin
}

// Field is a field of an object.
func (v Value) Field(name string) (Value, bool) {
	if !v.node.isObject() || v.node.fields[name] == nil {
		return Value{}, false
	}
	return Value{key: join(v.key, name), node: v.node.fields[name]}, true
}

// Fields are the names of an object's fields, in the order of the files.
func (v Value) Fields() []string {
	if !v.node.isObject() {
		return nil
	}
	return append([]string(nil), v.node.keys...)
}

// Items are the items of a list.
func (v Value) Items() []Value {
	if v.node == nil {
		return nil
	}
	out := make([]Value, len(v.node.items))
	for i, item := range v.node.items {
		out[i] = Value{key: fmt.Sprintf("%s[%d]", v.key, i), node: item}
	}
	return out
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// secret reports whether the value must not be shown: it came from the
// environment or a file, its key looks like a secret's, or it is a URL with a
// password.
func (v Value) secret() bool {
	return v.Origin().Hidden() || secretKey(v.key) || v.Kind() == String && userinfo().MatchString(v.node.text)
}

// String is a scalar's text, or, of a secret, its variable or stars; of an
// object or a list just what it is.
func (v Value) String() string {
	switch k := v.Kind(); {
	case k == Object || k == Array:
		return "(" + k.String() + ")"
	case !v.secret():
		return v.Reveal()
	case v.Origin().Var != "":
		return "$" + v.Origin().Var
	}
	return "***"
}

// Format keeps every verb, %#v too, from showing a secret.
func (v Value) Format(f fmt.State, verb rune) {
	if verb == 'q' {
		fmt.Fprint(f, strconv.Quote(v.String()))
		return
	}
	fmt.Fprint(f, v.String())
}

// MarshalJSON keeps JSON from showing a secret.
func (v Value) MarshalJSON() ([]byte, error) { return json.Marshal(v.String()) }

// userinfo finds a password in a URL. The user may be empty, and people forget
// to escape the password: all up to the last @ counts.
var userinfo = pattern.New(`://[^/\s]*:[^\s]*@`)

// secretWords are parts of key names in the config schemas of Backstage's
// plugins that are marked @visibility secret.
var secretWords = []string{"password", "passwd", "passphrase", "secret", "token", "credential", "privatekey",
	"apikey", "accesskey", "signingkey", "accountkey", "applicationkey", "appkey", "licensekey", "subscriptionkey", "storagekey",
	"encryptionkey", "masterkey", "sharedkey", "writekey", "connectionstring", "authorization", "cookie"}

// secretKey reports whether the last part of a dotted key looks like the name
// of a secret.
func secretKey(key string) bool {
	last := strings.ToLower(key[strings.LastIndexByte(key, '.')+1:])
	if i := strings.IndexByte(last, '['); i > 0 {
		last = last[:i]
	}
	if last == "key" || last == "pass" || last == "pwd" || last == "pat" {
		return true
	}
	last = strings.NewReplacer("-", "", "_", "").Replace(last)
	for _, w := range secretWords {
		if strings.Contains(last, w) {
			return true
		}
	}
	return false
}
