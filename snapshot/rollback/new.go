package rollback

import (
	"slices"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/snapshot"
)

// New is the plan for a snapshot before anything live was looked at: every
// database of it may have to come back. v is the snapshot's last verification,
// nil for none; a rehearsal in it gives the durations.
func New(m *snapshot.Manifest, v *snapshot.Verification) (*Plan, error) {
	p := &Plan{Schema: Schema, Snapshot: m.Name, Taken: m.Created, Portal: m.Portal.Name, Release: m.Deployed.Release,
		Commit: m.Deployed.Commit, Image: m.Deployed.Image, Servers: slices.Clone(m.Servers),
		Targets: []*Target{}, Kept: []*Target{}, Leftovers: []Leftover{}, Unknown: []string{}, Notes: []string{},
		Forecast: m.Forecast, prefix: m.Portal.Prefix, schemaPrefix: m.Portal.SchemaPrefix}
	if p.Servers == nil {
		p.Servers = []snapshot.Server{}
	}
	for i := range m.Databases {
		t, err := p.target(&m.Databases[i])
		if err != nil {
			return nil, err
		}
		t.measured(v)
		p.Targets = append(p.Targets, t)
	}
	p.Steps = p.steps()
	return p, nil
}

func (p *Plan) target(d *snapshot.Database) (*Target, error) {
	t := &Target{Kind: kindDatabase, Plugins: slices.Clone(d.Plugins), Server: -1, Database: d.Name, Schema: d.Schema, Path: d.Path,
		Bytes: d.Size, Rows: d.Rows, Dump: d.Dump, was: d,
		Changes: []Change{}, Loss: Loss{Tables: []snapshot.RowDiff{}, Meaning: meaningOf(d.Plugins)}}
	if t.Plugins == nil {
		t.Plugins = []string{}
	}
	if d.Kind == snapshot.KindSQLite {
		t.Kind = kindSQLite
		return t, nil
	}
	if d.Schema != "" {
		t.Kind = kindSchema
	}
	t.Server = slices.IndexFunc(p.Servers, func(s snapshot.Server) bool { return s.ID == d.Server })
	switch {
	case t.Server < 0:
		return nil, fault.New("the manifest has %s on the server %q, which it does not describe", d.Title(), d.Server).
			WithNext("Check the snapshot with: portalctl snapshot verify")
	case t.Kind == kindDatabase && d.Properties == nil:
		return nil, fault.New("the manifest does not say who owns %s", d.Title()).
			WithNext("Check the snapshot with: portalctl snapshot verify")
	}
	return t, nil
}

// measured takes the target's durations from a rehearsal.
func (t *Target) measured(v *snapshot.Verification) {
	t.Expected.Dump = int64(t.Dump.Seconds * 1000)
	if v != nil && v.Rehearsal != nil {
		for _, d := range v.Rehearsal.Databases {
			if d.Name == t.was.Title() && d.Same {
				t.Expected.Restore = int64((d.Restore + d.Analyze) * 1000)
				t.Expected.Compare = int64(d.Compare * 1000)
				t.Expected.Measured = "rehearsal"
			}
		}
	}
	estimate(t)
}
