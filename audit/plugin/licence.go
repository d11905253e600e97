package plugin

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/license"
)

// judgeLicence judges the plugin's own licence, by the team's lists if there are some.
func (r *reviewer) judgeLicence(o *origin) {
	d := license.Read(o.License)
	where := cmp.Or(o.LicenseFrom, "package.json")
	if r.Licenses != nil {
		switch verdict, why := r.Licenses.Judge(r.Package, d); verdict {
		case license.Refused:
			r.because(doNot, where, "by the team's lists: it %s", why)
		case license.Unclear:
			r.because(lookCloser, where, "by the team's lists: it %s", why)
		default:
			r.because(adopt, where, "the team's lists admit its licence, %s", d)
		}
		return
	}
	switch d.Kind {
	case license.Silent:
		r.because(lookCloser, where, "it names no licence")
	case license.Unlicensed, license.File, license.Other:
		r.because(lookCloser, where, "its licence is none that SPDX has: %s", o.License)
	}
}

// licences counts those of what is brought, as the registry has them.
func (r *reviewer) licences(ctx context.Context, list []pkgVersion) error {
	counts := map[string]int{}
	refused := map[string]string{}
	var against []string
	for _, p := range list {
		text, why := "", ""
		doc, err := r.Registry.Packument(ctx, p.Name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			if m, err := doc.Version(p.Version); err == nil {
				text = english.Short(license.Read(m.License).Text, 60)
				if text == "" {
					text = english.Short(m.License, 60)
				}
			}
		}
		if r.Licenses != nil && p.Name != r.Package {
			if verdict, reason := r.Licenses.Judge(p.Name, license.Read(text)); verdict != license.Allowed {
				why = english.Short(reason, maxText)
				against = append(against, p.text()+" "+why)
			}
		}
		counts[text]++
		refused[text] = cmp.Or(refused[text], why)
	}
	for text, n := range counts {
		r.Brings.Licenses = append(r.Brings.Licenses, licenseCount{text, n, refused[text]})
	}
	slices.SortFunc(r.Brings.Licenses, func(a, b licenseCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.License, b.License))
	})
	if len(against) > 0 {
		r.because(lookCloser, "registry: license", "by the team's lists: %s", english.Some(against, 3))
	}
	return nil
}

// licenceRow sums them up.
func (b brings) licenceRow() row {
	var list []string
	for _, l := range b.Licenses {
		list = append(list, fmt.Sprintf("%s %d", cmp.Or(l.License, "not said"), l.Count))
	}
	return row{"licences", english.Some(list, shown), "registry: license"}
}
