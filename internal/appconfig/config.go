package appconfig

import (
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jstext"
)

// Config is a part of a Tree: one object of the configuration over all layers,
// as ConfigReader of @backstage/config 1.3 reads it. Keys are dotted paths.
type Config struct {
	data     *node   // nil: this layer has nothing
	fallback *Config // the layer below
	prefix   string
}

// readValue is the value in this layer alone; nil is undefined. A path through
// what is not an object is an error, a path through null gives null.
func (c *Config) readValue(key string) (*node, error) {
	var parts []string
	if key != "" {
		parts = strings.Split(key, ".")
	}
	for _, p := range parts {
		if !keyPart().MatchString(p) {
			return nil, fault.New("%q cannot be the key of a config value", c.full(key)).
				WithNext("Use letters, digits and single - _ : between them")
		}
	}
	if c.data == nil {
		return nil, nil
	}
	v := c.data
	for i, p := range parts {
		switch {
		case v.isObject():
			v = v.fields[p]
		case v != nil && v.kind != Null:
			return nil, c.wrongKind(v, strings.Join(parts[:i], "."), "an object")
		}
	}
	return v, nil
}

// lookup is the value of the highest layer that has one, and that layer; nil
// for undefined and for null, which hides the layers below.
func (c *Config) lookup(key string) (*node, *Config, error) {
	v, l, err := c.highest(key)
	if err != nil || v == nil || v.kind == Null {
		return nil, nil, err
	}
	return v, l, nil
}

// highest is lookup with null for a value.
func (c *Config) highest(key string) (*node, *Config, error) {
	for l := c; l != nil; l = l.fallback {
		if v, err := l.readValue(key); v != nil || err != nil {
			return v, l, err
		}
	}
	return nil, nil, nil
}

// Nulled is where null takes a key away from the layers below, ok false where no layer
// says null, or a higher one sets the key.
func (c *Config) Nulled(key string) (o Origin, ok bool) {
	v, _, err := c.highest(key)
	if err != nil || v == nil {
		return o, false
	}
	return v.origin, v.kind == Null
}

// Keys are the keys of the object itself, those of higher layers first
// (ConfigReader.keys). A key that this layer sets to null is left out.
func (c *Config) Keys() []string {
	var out []string
	seen := map[string]bool{}
	for l := c; l != nil; l = l.fallback {
		if !l.data.isObject() {
			continue
		}
		for _, k := range l.data.keys {
			if !seen[k] && l.data.fields[k].kind != Null {
				out = append(out, k)
			}
			seen[k] = true
		}
	}
	return out
}

// Text is a string that is not empty (ConfigReader.getOptionalString: a number
// or an empty text is an error). ok is false when there is none.
func (c *Config) Text(key string) (v Value, ok bool, err error) {
	n, l, err := c.lookup(key)
	if err != nil || n == nil {
		return Value{}, false, err
	}
	if n.kind != String {
		return Value{}, false, l.wrongKind(n, key, "a text")
	}
	if n.text == "" {
		return Value{}, false, l.empty(n, key)
	}
	return c.value(key, n), true, nil
}

// Bool is a boolean, or what Backstage takes for one: y, yes, true, 1, on and
// their opposites as text or number (ConfigReader.getOptionalBoolean).
func (c *Config) Bool(key string) (b, ok bool, err error) {
	n, l, err := c.lookup(key)
	if err != nil || n == nil {
		return false, false, err
	}
	if n.kind == Object || n.kind == Array {
		return false, false, l.wrongKind(n, key, "a boolean")
	}
	switch strings.ToLower(jstext.Trim(n.text)) {
	case "y", "yes", "true", "1", "on":
		return true, true, nil
	case "n", "no", "false", "0", "off":
		return false, true, nil
	}
	return false, false, l.wrongKind(n, key, "a boolean")
}

// Sub is the object at key, over all layers (ConfigReader.getOptionalConfig);
// nil when there is none. Any layer that has something else there is an error.
func (c *Config) Sub(key string) (*Config, error) {
	n, err := c.readValue(key)
	if err != nil {
		return nil, err
	}
	var below *Config
	if c.fallback != nil {
		if below, err = c.fallback.Sub(key); err != nil {
			return nil, err
		}
	}
	switch {
	case n.isObject():
		return &Config{data: n, fallback: below, prefix: c.full(key)}, nil
	case n == nil:
		return below, nil
	case n.kind == Null:
		return nil, nil
	}
	return nil, c.wrongKind(n, key, "an object")
}

// Get is the value at key, objects merged over all layers and without null
// fields (ConfigReader.getOptional); "" is the whole object.
func (c *Config) Get(key string) (v Value, ok bool, err error) {
	n, err := c.merged(key)
	if err != nil || n == nil {
		return Value{}, false, err
	}
	return c.value(key, n), true, nil
}

func (c *Config) merged(key string) (*node, error) {
	n, err := c.readValue(key)
	if err != nil {
		return nil, err
	}
	var below *node
	if c.fallback != nil {
		if below, err = c.fallback.merged(key); err != nil {
			return nil, err
		}
	}
	switch {
	case n == nil:
		return merge(below, nil), nil
	case n.kind == Null:
		return nil, nil
	}
	return merge(n, below), nil
}

func (c *Config) full(key string) string {
	if c.prefix == "" || key == "" {
		return c.prefix + key
	}
	return c.prefix + "." + key
}

func (c *Config) value(key string, n *node) Value { return Value{key: c.full(key), node: n} }

// wrongKind is what Backstage says as "Invalid type in config for key …".
func (c *Config) wrongKind(n *node, key, want string) error {
	key = c.full(key)
	if n.kind == String || n.kind == Number {
		if want == "a boolean" || want == "a number" {
			return n.wrong("%s cannot be read as %s", key, want).WithNext("Correct %s, or remove it", key)
		}
	}
	return n.wrong("%s is of the type %s, but must be %s", key, n.kind, want).WithNext("Correct %s, or remove it", key)
}

func (c *Config) empty(n *node, key string) error {
	f := n.wrong("%s is an empty text, which Backstage refuses", c.full(key))
	if n.origin.Var != "" {
		return f.WithNext("Give the environment variable %s a value", n.origin.Var)
	}
	return f.WithNext("Give it a value, or remove it")
}
