package production

import (
	"strings"

	"github.com/portalctl/portalctl/internal/appconfig"
)

// httpItems are those about what browsers are told.
func httpItems() []item {
	return []item{
		{checkItem{"cors", areaSecurity, "Other origins may not call the backend, but for the portal's own address",
			"With credentials allowed, a page of such an origin acts as the user who looks at it.",
			"Set backend.cors.origin to the portal's address in the app-config that production starts with",
			3, profileEnterprise}, cors},
		{checkItem{"csp", areaSecurity, "The content security policy keeps foreign scripts out",
			"It is what is left when a plugin shows something that somebody else wrote.",
			"Take 'unsafe-inline', http:, https:, data: and * out of script-src; name the hosts that are needed",
			3, profileEnterprise}, csp},
	}
}

// scalars are a value's texts: its own, or those of its items.
func scalars(v appconfig.Value) []appconfig.Value {
	if v.Kind() == appconfig.Array {
		return v.Items()
	}
	return []appconfig.Value{v}
}

func cors(v *view) outcome {
	c := v.config()
	if on, ok := c.get("backend.cors"); ok && on.Reveal() == "false" {
		return pass("CORS is off", evidenceOf(on))
	}
	origin, ok := c.get("backend.cors.origin")
	if !ok {
		if o := c.unsure(); o != nil {
			return *o
		}
		return pass("no other origin is allowed: backend.cors.origin is not set", evidencePlace{c.top(), "no backend.cors.origin"})
	}
	key := evidenceOf(origin)
	for _, one := range scalars(origin) {
		e := evidenceOf(one)
		if one.Origin().Hidden() {
			return pass("the origin comes from the environment", key)
		}
		text := one.Reveal()
		star := text == "*" || text == "true" || strings.Contains(text, "://*")
		local := strings.Contains(text, "://localhost") || strings.Contains(text, "://127.0.0.1")
		if !star && !local {
			continue
		}
		if o := c.unsure(); o != nil {
			return withEvidence(*o, e)
		}
		message := "backend.cors.origin lets every origin in"
		if local {
			message = "backend.cors.origin is " + text + ", which is not where production runs"
		}
		return fail(problem{pos: e.Pos, name: "backend.cors.origin", message: message, next: "Set backend.cors.origin to the portal's address in the app-config that production starts with"})
	}
	return pass("named origins alone may call the backend", key)
}

// loose are sources that let any script in.
var loose = []string{"*", "http:", "https:", "data:", "blob:", "'unsafe-inline'"}

func csp(v *view) outcome {
	c := v.config()
	policy, ok := c.get("backend.csp")
	if !ok {
		if o := c.unsure(); o != nil {
			return *o
		}
		return pass("Backstage's own policy holds: backend.csp is not set", evidencePlace{c.top(), "no backend.csp"})
	}
	e := evidenceOf(policy)
	if policy.Reveal() == "false" {
		return fail(problem{pos: e.Pos, name: "backend.csp", message: "the content security policy is off", next: "Take backend.csp: false out"})
	}
	var problems []problem
	seen := []evidencePlace{e}
	// Backstage sets script-src itself, so that default-src is about scripts only where
	// that one is taken away.
	names := []string{"script-src", "scriptSrc"}
	for _, name := range names {
		if d, ok := policy.Field(name); ok && d.Reveal() == "false" {
			names = append(names, "default-src", "defaultSrc")
			break
		}
	}
	for _, name := range names {
		d, ok := policy.Field(name)
		if !ok {
			continue
		}
		e := evidenceOf(d)
		seen = append(seen, e)
		if d.Reveal() == "false" && d.Kind() == appconfig.Bool && strings.HasPrefix(strings.ToLower(name), "script") {
			problems = append(problems, problem{pos: e.Pos, name: d.Key(), message: "backend.csp has no " + name, next: "Take " + name + ": false out"})
		}
		var bad []string
		for _, one := range scalars(d) {
			if !one.Origin().Hidden() && in(one.Reveal(), loose...) {
				bad = append(bad, one.Reveal())
			}
		}
		if len(bad) > 0 {
			problems = append(problems, problem{pos: e.Pos, name: d.Key(), message: name + " lets scripts in from anywhere: " + strings.Join(bad, " "),
				next: "Take " + strings.Join(bad, ", ") + " out of " + name + ", and name the hosts that are needed"})
		}
	}
	return judged(problems, "scripts come from the portal and named hosts", seen)
}
