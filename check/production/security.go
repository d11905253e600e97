package production

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/jsscan"
)

// securityItems are the items of the area Permissions and security.
func securityItems() []item {
	list := []item{
		{checkItem{"permission-enabled", areaSecurity, "The permission framework is on",
			"Without it every signed-in user may do everything: unregister entities, run every template, read every plugin.",
			nextPermission,
			1, profileTeam}, permissionEnabled},
		{checkItem{"guest-provider", areaSecurity, "Production has no guest sign-in",
			"A guest needs no account: whoever reaches the address is a user of the portal.",
			nextGuest,
			1, profileTeam}, guestProvider},
		{checkItem{"permission-policy", areaSecurity, "A policy is registered that does not allow everything",
			"The framework asks the policy; with the one of the template that allows all, it is as if it were off.",
			nextPolicy,
			2, profileTeam}, permissionPolicy},
		{checkItem{"dangerous-settings", areaSecurity, "Production has no dangerously… setting",
			"Each of them turns a protection off that Backstage has on for a reason, and is meant for development.",
			"Take the setting out of the files that production starts with",
			1, profileTeam}, dangerousSettings},
		{checkItem{"backend-auth", areaSecurity, "Tokens and secrets of sign-in and of other services come from the environment",
			"Who can read the repository, or an old clone of it, could call the backend or sign sessions.",
			"Write ${NAME} in place of the value, change the value where it is used, and set the variable from a secret store",
			1, profileTeam}, backendAuth},
		{checkItem{"route-auth", areaSecurity, "No own route of the backend does without authentication, but for health",
			"Such a route answers whoever reaches the backend, with what its plugin may read.",
			"Take the policy with allow: 'unauthenticated' out, or keep it to /health",
			2, profileTeam}, routeAuth},
	}
	return append(append(append(list, secretItems()...), httpItems()...), append(supplyItems(), imageItems()...)...)
}

func permissionEnabled(v *view) outcome {
	c := v.config()
	_, at, known, ok := c.text("permission.enabled")
	if ok && !known {
		return unknown("permission.enabled comes from the environment", "Write permission.enabled: true into app-config, or attest it", at)
	}
	if ok {
		if on, _, err := c.tree.Bool("permission.enabled"); err == nil && on {
			return pass("permission.enabled is on", at)
		}
	}
	if o := c.unsure(); o != nil {
		return withEvidence(*o, at)
	}
	if ok {
		return fail(problem{pos: at.Pos, name: "permission.enabled", message: "permission.enabled is off: everybody may do everything", next: nextPermission})
	}
	return missing(c.top(), "permission.enabled", "permission.enabled is not set, and its default is off: everybody may do everything", nextPermission)
}

func guestProvider(v *view) outcome {
	c := v.config()
	if guest, ok := c.get("auth.providers.guest"); ok {
		return fail(problem{pos: evidenceOf(guest).Pos, name: "auth.providers.guest", message: "production starts with the guest provider: no account is needed",
			next: nextGuest})
	}
	if o := c.unsure(); o != nil {
		return *o
	}
	if at, ok := c.nulled("auth.providers.guest"); ok {
		return pass("the last of the files takes guest away", at)
	}
	if providers, ok := c.get("auth.providers"); ok {
		return pass("guest is not among auth.providers", evidenceOf(providers))
	}
	return pass("no provider is configured, guest neither", evidencePlace{c.top(), "no auth.providers"})
}

const (
	nextPermission = "Set permission.enabled: true in the app-config that production starts with, and register a policy"
	nextGuest      = "Take auth.providers.guest out of the files that production starts with, or set it to null in the last of them; keep it in app-config.local.yaml"
)

const nextPolicy = "Take @backstage/plugin-permission-backend-module-allow-all-policy out and add a module that sets your own PermissionPolicy, or @backstage-community/plugin-rbac-backend"

const (
	allowAll = "@backstage/plugin-permission-backend-module-allow-all-policy"
	rbac     = "@backstage-community/plugin-rbac-backend"
)

func permissionPolicy(v *view) outcome {
	if len(v.backends()) == 0 {
		return notApplicable("the repository has no backend")
	}
	if m, ok := v.adds(rbac); ok {
		return pass("RBAC decides by roles, which its policies give", evidencePlace{m.pos, rbac})
	}
	if m, ok := v.adds(allowAll); ok {
		return fail(problem{pos: m.pos, name: allowAll, message: "the only policy that is registered allows everything", next: nextPolicy})
	}
	var allows []problem
	for _, w := range v.in.Project.Workspaces {
		for _, c := range v.codeOf(w, "PermissionPolicy", "setPolicy") {
			if e, what, ok := policyOf(c); ok {
				if len(e) > 0 {
					return pass("the policy denies: "+what, e...)
				}
				i := c.words("handle")
				if len(i) > 0 {
					allows = append(allows, problem{pos: c.line(i[0]), name: c.place(c.name), message: "the policy in " + c.place(c.name) + " denies nothing: it allows everything", next: nextPolicy})
				}
			}
		}
	}
	if len(allows) > 0 {
		return fail(allows...)
	}
	for _, m := range v.source() {
		if strings.Contains(m.name, "policy") || strings.Contains(m.name, "permission-backend-module") {
			return unknown("the policy is that of "+m.name+", whose source is not here", "Say what it denies in an attestation", evidencePlace{m.pos, m.name})
		}
	}
	for _, w := range v.backends() {
		for _, d := range runtimeDeps(w) {
			if strings.Contains(d.Name, "permission-backend-module") && d.Name != allowAll {
				return unknown("the policy may be that of "+d.Name+", whose source is not here", "Say what it denies in an attestation", evidencePlace{d.Pos, d.Name})
			}
		}
	}
	return missing(v.manifestOf(v.backends()[0]), "policy", "no permission policy is registered", nextPolicy)
}

// policyOf reads a policy: the places where it denies or decides by conditions, and what
// is denied in the words of the code. ok: the file has a policy.
func policyOf(c code) (denies []evidencePlace, what string, ok bool) {
	if len(c.words("PermissionPolicy")) == 0 || len(c.words("handle")) == 0 {
		return nil, "", false
	}
	var names []string
	lines := c.lines()
	last := "" // what the condition around it asks for, as far as that is plain
	for i, t := range c.tokens {
		switch {
		case t.Is("ALLOW"), t.Is("?"), t.Is("=>"), t.Is("!"):
			last = ""
		case t.Is("isPermission") && c.is(i+1, "(") && i+5 < len(c.tokens):
			for j := i + 2; j < len(c.tokens) && !c.tokens[j].Is(")"); j++ {
				if c.tokens[j].Kind == jsscan.Word && strings.HasSuffix(c.tokens[j].Text, "Permission") {
					last = c.tokens[j].Text
				}
			}
		case t.Is("DENY"), t.Is("CONDITIONAL"), strings.HasPrefix(t.Text, "create") && strings.HasSuffix(t.Text, "ConditionalDecision") && c.is(i+1, "("):
			if last != "" {
				names = append(names, last)
			}
			denies = append(denies, evidencePlace{c.line(i), shorten(strings.TrimSpace(lines[t.Line-1]))})
		}
	}
	slices.Sort(names)
	return denies, cmp.Or(strings.Join(slices.Compact(names), ", "), "the lines say what"), true
}

func dangerousSettings(v *view) outcome {
	c := v.config()
	var problems []problem
	c.each(func(val appconfig.Value) {
		key := val.Key()[strings.LastIndexByte(val.Key(), '.')+1:]
		if strings.HasPrefix(key, "dangerously") && val.Reveal() != "false" {
			problems = append(problems, problem{pos: evidenceOf(val).Pos, name: val.Key(), message: val.Key() + " is on in production", next: "Take it out of this file; if it must be, ignore the finding with a reason"})
		}
	})
	if len(problems) > 0 {
		return fail(problems...)
	}
	if o := c.unsure(); o != nil {
		return *o
	}
	return pass("none of the files has a dangerously… setting", evidencePlace{c.top(), "no dangerously… key"})
}

// each visits a value and all below it.
func each(v appconfig.Value, visit func(appconfig.Value)) {
	visit(v)
	for _, name := range v.Fields() {
		if f, ok := v.Field(name); ok {
			each(f, visit)
		}
	}
	for _, it := range v.Items() {
		each(it, visit)
	}
}

// authSecrets are keys of app-config that let their holder in: of Backstage's
// configuration schemas, those below backend.auth and auth.
func isAuthSecret(key string) bool {
	if !strings.HasPrefix(key, "backend.auth.") && !strings.HasPrefix(key, "auth.") {
		return false
	}
	return in(strings.ToLower(key[strings.LastIndexByte(key, '.')+1:]), "secret", "token", "clientsecret", "privatekey", "signingkey", "password")
}

func backendAuth(v *view) outcome {
	c := v.config()
	var problems []problem
	var seen []evidencePlace
	c.each(func(val appconfig.Value) {
		if val.Kind() != appconfig.String || !isAuthSecret(val.Key()) {
			return
		}
		e := evidenceOf(val)
		if val.Origin().Hidden() {
			seen = append(seen, e)
			return
		}
		problems = append(problems, problem{pos: e.Pos, name: val.Key(), message: val.Key() + " is written out in the repository", next: "Write ${NAME} in its place, and give the service another value: this one is known"})
	})
	if len(problems) > 0 {
		return fail(problems...)
	}
	if o := c.unsure(); o != nil && len(seen) == 0 {
		return *o
	}
	if len(seen) == 0 {
		return notApplicable("no sign-in, session or external access is configured with a secret")
	}
	return pass("they come from the environment or from mounted files", seen...)
}

// routeAuth looks at the code of the backends and of own backend plugins.
func routeAuth(v *view) outcome {
	var problems []problem
	var health, seen, open []evidencePlace
	for _, w := range v.in.Project.Workspaces {
		role := w.File.Backstage.Role
		if role != "backend" && !strings.HasPrefix(role, "backend-plugin") {
			continue
		}
		none := true
		for _, c := range v.codeOf(w, "addAuthPolicy") {
			for _, i := range c.words("addAuthPolicy") {
				if c.is(i+1, "(") && !c.is(i+2, "{") && c.is(i-1, ".") {
					open = append(open, evidencePlace{c.line(i), "addAuthPolicy"})
					continue
				}
				route, isOpen, line := authPolicy(c, i)
				if !isOpen {
					continue
				}
				none = false
				if in(strings.Trim(route, "/"), "health", "healthcheck", "health/live", "health/ready", ".well-known/jwks.json") {
					health = append(health, evidencePlace{c.pos(line, 0), w.Name() + " answers " + shorten(route) + " alone without authentication"})
					continue
				}
				problems = append(problems, problem{pos: c.pos(line, 0), name: w.Name(), key: path.Base(c.name) + " " + route,
					message: w.Name() + " answers " + shorten(route) + " without authentication", next: "Take the policy out, or keep it to /health; serve public files from the frontend"})
			}
		}
		if none {
			seen = append(seen, evidencePlace{v.manifestOf(w), w.Name() + " has no open route"})
		}
	}
	seen = append(health, seen...)
	if len(problems) > 0 {
		return fail(problems...)
	}
	if len(open) > 0 {
		return unknown("a policy of a route is not written where it is set", "Write it there, or attest what it says", open...)
	}
	if len(seen) == 0 {
		return notApplicable("the repository has no backend of its own")
	}
	return pass("no own route does without authentication", seen...)
}

// authPolicy reads addAuthPolicy({ path: '…', allow: 'unauthenticated' }).
func authPolicy(c code, at int) (route string, open bool, line int) {
	route, line = "a route", c.tokens[at].Line
	depth := 0
	for i := at + 1; i < len(c.tokens); i++ {
		t := c.tokens[i]
		switch {
		case t.Is("("), t.Is("{"):
			depth++
		case t.Is(")"), t.Is("}"):
			if depth--; depth == 0 {
				return route, open, line
			}
		case t.Is("path") && c.is(i+1, ":") && i+2 < len(c.tokens) && c.tokens[i+2].Kind == jsscan.String:
			route = c.tokens[i+2].Text
		case t.Is("allow") && c.is(i+1, ":") && i+2 < len(c.tokens) && c.tokens[i+2].Text == "unauthenticated":
			open, line = true, t.Line
		}
	}
	return route, open, line
}
