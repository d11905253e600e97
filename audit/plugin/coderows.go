package plugin

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
)

func (v *Review) codeRows() []row {
	var rows []row
	scripts := row{"install scripts", "none", "package.json"}
	if len(v.Scripts) > 0 {
		var list []string
		for _, s := range v.Scripts {
			list = append(list, s.text())
		}
		scripts = row{"install scripts", strings.Join(list, "; "), v.Scripts[0].Where}
	}
	rows = append(rows, scripts, v.reachRow())
	return append(rows, v.migrationRow(), v.permissionRow(), v.configRow(), v.routeRow())
}

// text is a script as it is named.
func (s script) text() string {
	text := s.Name + ": " + s.Command
	if len(s.Reaches) > 0 {
		text += ", whose files reach " + strings.Join(s.Reaches, ", ")
	}
	return text
}

func (v *Review) migrationRow() row {
	m := v.Migrations
	if m.Count == 0 {
		return row{"migrations", "none", "all of its files"}
	}
	text := english.Count(m.Count, "migration")
	where := strings.Join(m.Folders, ", ")
	if len(m.Creates) > 0 {
		var list []string
		for _, t := range m.Creates {
			list = append(list, t.Name)
		}
		text += fmt.Sprintf(", which %s the %s %s", english.Form(m.Count, "makes", "make"), english.Form(len(list), "table", "tables"), english.Some(list, 2*shown))
		where = m.Creates[0].Where
	}
	if len(m.NoWayBack) > 0 {
		text += "; no way back from " + english.Some(m.NoWayBack, 3)
	}
	if len(m.Unknown) > 0 {
		text += "; " + unknownWord + ": " + english.Some(m.Unknown, 2)
	}
	return row{"migrations", text, where}
}

func (v *Review) permissionRow() row {
	if len(v.Permissions) == 0 {
		for _, u := range v.Unknown {
			if from, ok := strings.CutPrefix(u.What, "permissions of "); ok {
				return row{"permissions", "none in its own code; those of " + from + " are " + unknownWord, "all of its code"}
			}
		}
		return row{"permissions", "none declared", "all of its code"}
	}
	var list []string
	for _, p := range v.Permissions {
		text := cmp.Or(p.Name, "one whose name is "+unknownWord)
		if p.Action != "" {
			text += " (" + p.Action + ")"
		}
		list = append(list, text)
	}
	where := v.Permissions[0].Where
	if from := v.Permissions[0].Package; from != v.Package {
		where = from + ": " + where
	}
	return row{"permissions", english.Some(list, 2*shown), where}
}

func (v *Review) configRow() row {
	c := v.Config
	var list, secret, frontend []string
	for _, k := range c.Keys {
		switch k.Visibility {
		case "secret":
			secret = append(secret, k.Path)
		case "frontend":
			frontend = append(frontend, k.Path)
		}
	}
	switch {
	case c.Undeclared != "":
		return row{"configuration", c.Undeclared + " is not named by package.json, so that Backstage does not read it", c.Undeclared + ":1"}
	case c.From == "" && len(c.Reads) > 0:
		for _, r := range c.Reads {
			list = append(list, r.Key)
		}
		return row{"configuration", "no schema; its code reads " + english.Some(list, 2*shown), c.Reads[0].Where}
	case c.From == "":
		return row{"configuration", "no schema", "package.json"}
	}
	leaves := c.leaves()
	text := english.Some(leaves, 2*shown)
	if len(leaves) == 0 {
		text = "no keys"
	}
	if len(secret) > 0 {
		text += "; secret: " + english.Some(secret, shown)
	}
	if len(frontend) > 0 {
		text += "; in the browser: " + english.Some(frontend, shown)
	}
	if c.Unknown != "" {
		text += "; " + unknownWord + ": " + c.Unknown
	}
	where := c.From
	if len(c.Keys) > 0 {
		where = c.Keys[0].Where
	}
	return row{"configuration", text, where}
}

// inner is how many keys are below one.
func (c config) inner(path string) int {
	n := 0
	for _, k := range c.Keys {
		if strings.HasPrefix(k.Path, path+".") || strings.HasPrefix(k.Path, path+"[]") {
			n++
		}
	}
	return n
}

// leaves are the keys that no other is below, which have the values.
func (c config) leaves() []string {
	var out []string
	for _, k := range c.Keys {
		if c.inner(k.Path) == 0 {
			out = append(out, k.Path)
		}
	}
	return out
}

func (v *Review) routeRow() row {
	if len(v.Routes) == 0 {
		text := "none found"
		if !strings.HasPrefix(v.Identity.Role, "backend") {
			text = "not applicable: not of the backend"
		} else if v.Identity.System == "old" {
			text = unknownWord + ": what is before its routes is the backend's to say, in the old system"
		}
		return row{"open routes", text, "all of its code"}
	}
	var list []string
	for _, r := range v.Routes {
		text := fmt.Sprintf("%s (%s)", cmp.Or(r.Path, "one whose path is "+unknownWord), r.Allow)
		if r.When != "" {
			text += " where " + r.When
		}
		list = append(list, text)
	}
	return row{"open routes", english.Some(list, shown), v.Routes[0].Where}
}

func (v *Review) otherRows() []row {
	var rows []row
	for _, s := range v.Siblings {
		text := "no version is shown"
		if s.Latest != "" {
			text = "latest " + s.Latest
		}
		if len(s.Has) > 0 {
			text += ", here " + strings.Join(s.Has, ", ")
		}
		if s.Asked {
			text += ", comes with it"
		}
		rows = append(rows, row{"same plugin", s.Name + ": " + text, s.From})
	}
	for _, a := range v.Alternatives {
		rows = append(rows, row{"instead", fmt.Sprintf("%s %s: %s", a.Name, a.Version, a.Why), a.Where})
	}
	return rows
}

// Together are the plugin and its siblings that the registry has and the portal
// lacks, for a review of all; nil where there is nothing beside the plugin.
func (v *Review) Together() []string {
	out := []string{v.Package}
	for _, s := range v.Siblings {
		if s.Latest != "" && !s.Asked && len(s.Has) == 0 {
			out = append(out, s.Name)
		}
	}
	if len(out) == 1 {
		return nil
	}
	return out
}
