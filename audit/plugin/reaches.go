package plugin

import (
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/capability"
	"github.com/portalctl/portalctl/internal/english"
)

// reaches takes over what the code of the plugin itself reaches.
func (r *reviewer) reaches(p *capability.Profile) {
	unusual := p.Unusual()
	for _, k := range p.Reached() {
		c := codeReach{Kind: string(k), Count: p.Counts[k], Unusual: slices.Contains(unusual, k)}
		for _, at := range p.Uses[k] {
			c.Places = append(c.Places, signAt(at))
		}
		r.Capabilities = append(r.Capabilities, c)
	}
	for _, s := range p.Signs {
		r.Signs = append(r.Signs, signAt(s.Place))
	}
	for _, u := range p.Unread {
		r.unknown("what "+english.Short(u.File, maxName)+" reaches", english.Short(u.Why, maxText))
	}
}

func signAt(at capability.Place) sign {
	where := english.Short(at.File, maxName)
	if at.Line > 0 {
		where = placeIn(at.File, at.Line)
	}
	return sign{english.Short(at.What, maxName), where}
}

func (r *reviewer) judgeReaches() {
	for _, s := range r.Signs {
		r.because(doNot, s.Where, "its code looks like an attack: %s", s.What)
	}
	var usual []string
	for _, c := range r.Capabilities {
		if c.Unusual {
			r.because(lookCloser, c.Places[0].Where, "its code reaches what plugins of its role hardly do: %s (%s)", c.Kind, c.Places[0].What)
		} else {
			usual = append(usual, c.Kind)
		}
	}
	if len(usual) > 0 {
		r.because(adopt, r.Capabilities[0].Places[0].Where, "its code reaches %s", strings.Join(usual, ", "))
	}
	if n := r.facts.Reaches.UnreadCount; n > 0 {
		r.because(lookCloser, english.Short(r.facts.Reaches.Unread[0].File, maxName), "what %s of its code %s is not known", english.Count(n, "file"), english.Form(n, "reaches", "reach"))
	}
}

// reachRow is what the code reaches.
func (v *Review) reachRow() row {
	if len(v.Capabilities) == 0 {
		for _, u := range v.Unknown {
			if strings.HasSuffix(u.What, " reaches") {
				return row{"its code reaches", unknownWord + ": " + u.What[len("what "):len(u.What)-len(" reaches")] + ": " + u.Why, ""}
			}
		}
		return row{"its code reaches", "nothing beside what it is given", "all of its code"}
	}
	var list []string
	for _, c := range v.Capabilities {
		var what []string
		for _, p := range c.Places {
			if !slices.Contains(what, p.What) {
				what = append(what, p.What)
			}
		}
		list = append(list, c.Kind+" ("+english.Some(what, 3)+")")
	}
	return row{"its code reaches", strings.Join(list, ", "), v.Capabilities[0].Places[0].Where}
}
