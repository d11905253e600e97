package plugin

import (
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/jsscan"
)

// permission is one that a package declares with createPermission.
type permission struct {
	// Name is what policies know it by; "" where the code does not say it as a text.
	Name string `json:"name"`
	// Action is create, read, update, delete or use; "" for none.
	Action string `json:"action"`
	// Resource is the type of what it is about, "" for none.
	Resource string `json:"resource"`
	Package  string `json:"package"`
	Where    string `json:"where"`
}

// route is a way into the backend that does without a user's or a plugin's token.
type route struct {
	// Path is what it is open for, "" where the code does not say it as a text.
	Path string `json:"path"`
	// Allow is unauthenticated (httpRouter.addAuthPolicy), user-cookie (a cookie is
	// enough), none (httpAuth.credentials takes requests without any), or unknown.
	Allow string `json:"allow"`
	// When is the condition that it stands under in the code, "" for none.
	When  string `json:"when"`
	Where string `json:"where"`
}

// constant is a text that has a name in the code.
type constant struct {
	text string
	many bool // several texts have the name
}

// code looks through files.
type code struct {
	f         *facts
	constants map[string]constant
	file      string
	src       string
	tokens    []jsscan.Token
	reads     []read
}

const (
	// maxFound bounds what is noted of each kind.
	maxFound = 300
	// maxCall is how far the arguments of one call are read, in tokens.
	maxCall = 4000
	// maxOptions is the same for credentials, which code calls often.
	maxOptions = 200
)

var backendMakers = map[string]bool{"createBackendPlugin": true, "createBackendModule": true, "createServiceFactory": true}

var frontendMakers = map[string]bool{"createFrontendPlugin": true, "createFrontendModule": true}

// getters are the methods of Config that take a key.
var getters = map[string]bool{"getString": true, "getNumber": true, "getBoolean": true, "getConfig": true, "getConfigArray": true, "getStringArray": true,
	"getOptionalString": true, "getOptionalNumber": true, "getOptionalBoolean": true, "getOptionalConfig": true, "getOptionalConfigArray": true,
	"getOptionalStringArray": true, "getOptional": true}

func newCode(f *facts) *code { return &code{f: f, constants: map[string]constant{}} }

func (c *code) scan(file, src string) {
	tokens, err := jsscan.Scan(file, src)
	if err != nil {
		c.f.Unread = append(c.f.Unread, fmt.Sprintf("%s, from %s on", english.Short(file, maxName), err))
	}
	c.file, c.src, c.tokens = file, src, tokens
	var open []int // brackets that are open
	for i, t := range tokens {
		switch {
		case t.Is("{"), t.Is("("), t.Is("["), t.Is("${"):
			open = append(open, i)
		case t.Is("}"), t.Is(")"), t.Is("]"):
			open = open[:max(0, len(open)-1)]
		}
		if t.Kind != jsscan.Word {
			continue
		}
		if c.is(i+1, "=") && i+2 < len(tokens) && tokens[i+2].Kind == jsscan.String && (c.is(i-1, "const") || c.is(i-1, ",") || c.is(i-1, "let") || c.is(i-1, "var")) {
			_, again := c.constants[t.Text]
			c.constants[t.Text] = constant{text: tokens[i+2].Text, many: again && c.constants[t.Text].text != tokens[i+2].Text}
		}
		call := c.callOf(i)
		if call < 0 {
			continue
		}
		switch {
		case backendMakers[t.Text]:
			c.note(&c.f.Backend, t)
		case frontendMakers[t.Text]:
			c.note(&c.f.Frontend, t)
		case t.Text == "createPermission" && c.is(call+1, "{"):
			c.permission(call+1, t)
		case t.Text == "addAuthPolicy" && len(c.f.Routes) < maxFound:
			c.policy(call, t, open)
		case t.Text == "credentials" && c.is(i-1, ".") && len(c.f.Routes) < maxFound:
			c.credentials(call, t, open)
		case getters[t.Text] && (c.is(i-1, ".") || c.is(i-1, "?.")) && call+1 < len(tokens) && tokens[call+1].Kind == jsscan.String:
			if key := tokens[call+1].Text; strings.Contains(key, ".") && len(c.reads) < maxKeys {
				c.reads = append(c.reads, read{english.Short(key, maxName), c.place(t)})
			}
		}
	}
}

func (c *code) is(i int, texts ...string) bool { return jsscan.Match(c.tokens, i, texts...) }

// callOf is the ( of a call of what the word at i names, -1 for none: f(…), x.f(…),
// and (0, x.f)(…) as TypeScript writes it.
func (c *code) callOf(i int) int {
	switch {
	case c.is(i-1, "function"):
		return -1
	case c.is(i+1, "("):
		return i + 1
	case c.is(i+1, ")") && c.is(i+2, "("):
		return i + 2
	}
	return -1
}

func (c *code) place(t jsscan.Token) string { return placeIn(c.file, t.Line) }

func (c *code) note(where *string, t jsscan.Token) {
	if *where == "" {
		*where = c.place(t)
	}
}

// members are the values of an object's members by name, as the places where they
// begin; open is its {.
func (c *code) members(open int) map[string]int {
	out := map[string]int{}
	depth := 0
	for i := open; i < min(len(c.tokens), open+maxCall); i++ {
		t := c.tokens[i]
		switch {
		case t.Is("{"), t.Is("("), t.Is("["), t.Is("${"):
			depth++
		case t.Is("}"), t.Is(")"), t.Is("]"):
			if depth--; depth == 0 {
				return out
			}
		case depth == 1 && (t.Kind == jsscan.Word || t.Kind == jsscan.String) && (c.is(i-1, "{") || c.is(i-1, ",")):
			switch {
			case c.is(i+1, ":"):
				out[t.Text] = i + 2
			case c.is(i+1, ","), c.is(i+1, "}"):
				out[t.Text] = i // {path} is short for {path: path}
			}
		}
	}
	return out
}

// literal is the text that stands at i, or the constant of a name; a name that is
// not known yet is given back for later.
func (c *code) literal(i int) (text, name string) {
	if i <= 0 || i >= len(c.tokens) {
		return "", ""
	}
	switch t := c.tokens[i]; t.Kind {
	case jsscan.String:
		return english.Short(t.Text, maxName), ""
	case jsscan.Word:
		// x.NAME: the last word counts.
		for c.is(i+1, ".") && i+2 < len(c.tokens) && c.tokens[i+2].Kind == jsscan.Word {
			i += 2
		}
		if c.is(i+1, ",") || c.is(i+1, "}") {
			return "", c.tokens[i].Text
		}
	}
	return "", ""
}

// later marks a name of a constant that finish looks up.
const later = "\x00"

func (c *code) value(i int) string {
	text, name := c.literal(i)
	if text == "" && name != "" {
		return later + name
	}
	return text
}

// permission reads createPermission({…}).
func (c *code) permission(open int, t jsscan.Token) {
	if len(c.f.Permissions) >= maxFound {
		return
	}
	m := c.members(open)
	p := permission{Name: c.value(m["name"]), Resource: c.value(m["resourceType"]), Package: c.f.Name, Where: c.place(t)}
	if at := m["attributes"]; at > 0 && c.is(at, "{") {
		p.Action = c.value(c.members(at)["action"])
	}
	c.f.Permissions = append(c.f.Permissions, p)
}

// policy reads httpRouter.addAuthPolicy({path, allow}).
func (c *code) policy(call int, t jsscan.Token, open []int) {
	r := route{Allow: "unknown", When: c.condition(open), Where: c.place(t)}
	if c.is(call+1, "{") {
		m := c.members(call + 1)
		r.Path = c.value(m["path"])
		if allow := c.value(m["allow"]); allow != "" {
			r.Allow = allow
		}
	}
	c.f.Routes = append(c.f.Routes, r)
}

// credentials reads httpAuth.credentials(req, {allow: ['none']}).
func (c *code) credentials(call int, t jsscan.Token, open []int) {
	depth := 0
	for i := call; i < min(len(c.tokens), call+maxOptions); i++ {
		switch x := c.tokens[i]; {
		case x.Is("("), x.Is("{"), x.Is("["):
			depth++
		case x.Is(")"), x.Is("}"), x.Is("]"):
			if depth--; depth == 0 {
				return
			}
		case x.Is("allow") && c.is(i+1, ":") && c.is(i+2, "["):
			for k := i + 3; k < len(c.tokens) && !c.is(k, "]"); k++ {
				if c.tokens[k].Kind == jsscan.String && c.tokens[k].Text == "none" {
					c.f.Routes = append(c.f.Routes, route{Allow: "none", When: c.condition(open), Where: c.place(t)})
					return
				}
			}
		}
	}
}

// condition is the text of the if that the brackets which are open stand in, the
// innermost.
func (c *code) condition(open []int) string {
	for k := len(open) - 1; k >= 0; k-- {
		at := open[k]
		if !c.is(at, "{") || !c.is(at-1, ")") {
			continue
		}
		depth := 0
		for i := at - 1; i >= max(0, at-maxCall); i-- {
			switch {
			case c.is(i, ")"):
				depth++
			case c.is(i, "("):
				depth--
			}
			if depth == 0 {
				if c.is(i-1, "if") {
					return english.Short(c.src[c.tokens[i].End:c.tokens[at-1].Start], 80)
				}
				break
			}
		}
	}
	return ""
}

// finish looks up the constants that other files have.
func (c *code) finish() {
	look := func(s *string) {
		if name, ok := strings.CutPrefix(*s, later); ok {
			*s = ""
			if k := c.constants[name]; !k.many {
				*s = english.Short(k.text, maxName)
			}
		}
	}
	for i := range c.f.Permissions {
		p := &c.f.Permissions[i]
		look(&p.Name)
		look(&p.Action)
		look(&p.Resource)
	}
	for i := range c.f.Routes {
		r := &c.f.Routes[i]
		look(&r.Path)
		if look(&r.Allow); r.Allow == "" {
			r.Allow = "unknown"
		}
	}
	if c.f.Config.From == "" {
		seen := map[string]bool{}
		for _, r := range c.reads {
			if !seen[r.Key] {
				seen[r.Key] = true
				c.f.Config.Reads = append(c.f.Config.Reads, r)
			}
		}
	}
}
