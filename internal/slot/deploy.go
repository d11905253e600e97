package slot

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/portalctl/portalctl/internal/english"
)

// DeployOptions are what the day's side of a run is asked for.
type DeployOptions struct {
	// Deployed and Coming name the commits of what runs and of what is rolled out; ""
	// finds them in the repository.
	Deployed, Coming string
	// Snapshot is one that is there already; "" takes one.
	Snapshot string
	// Forecast, Create and Verify are the flags that those commands are told, Show those
	// that find a snapshot, Production those of the checklist.
	Forecast, Create, Verify, Show, Production []string
	// NoRehearse goes without the proof that the snapshot restores.
	NoRehearse bool
	// Live reads what knex has run in the portal's databases.
	Live func(ctx context.Context) ([]Database, error)
}

// deploying is a deployment while it is looked at.
type deploying struct {
	r    *Run
	d    *Deployment
	day  Day
	opts DeployOptions

	forecast  *forecastDocument
	refused   []dayProblem
	warnings  []dayProblem
	problems  []string // of the verification
	rehearsal string   // why there was none
	manifest  dayManifest
	probes    *dayProduction // nil where they are not known
}

// Deploy looks at the day of a deployment: what the first boot will do, a copy that
// restores, and whether to begin. The error is that it could not be found out, or was
// interrupted; what was found before is kept all the same.
func (r *Run) Deploy(ctx context.Context, opts DeployOptions) (*Deployment, error) {
	release, err := r.in.Store.lock()
	if err != nil {
		return nil, err
	}
	defer release()
	w := &deploying{r: r, opts: opts, d: &Deployment{Schema: DeploySchema, Time: time.Now().UTC().Truncate(time.Second)}}
	kept, err := r.Day()
	if err == nil && kept != nil {
		w.day = *kept
	}
	d := w.d
	if d.Deployed, d.Coming, err = r.sides(ctx, opts.Deployed, opts.Coming); err != nil {
		return nil, err
	}
	for _, step := range []struct {
		text string
		do   func(context.Context) error
	}{
		{"What the first boot will do", w.foresee},
		{"What the databases have", w.look},
		{"Copying the databases", w.copy},
		{"Proving the copy", w.prove},
		{"How long the probes wait", w.probe},
	} {
		if r.in.Progress != nil {
			r.in.Progress(step.text)
		}
		if err := step.do(ctx); err != nil {
			return nil, err
		}
		if err := w.keep(); err != nil {
			return nil, err
		}
	}
	d.Go, d.Ended = w.judge(), true
	return d, w.keep()
}

// keep keeps what was found so far. A deployment counts for the way back when it is at
// its end and has a snapshot: one that was kept before stays until then.
func (w *deploying) keep() error {
	w.day.Last = w.d
	if w.d.Ended && w.d.Snapshot != nil {
		w.day.Copied, w.day.Verification = w.d, nil
	}
	return w.r.in.Store.keepDay(w.r.in.Root, w.day)
}

// command runs one of portalctl's commands and keeps how it ended.
func (w *deploying) command(ctx context.Context, args ...[]string) (Printed, error) {
	p, err := w.r.in.Command(ctx, append(slices.Concat(args...), "--format", "json")...)
	if err == nil {
		w.d.Commands = append(w.d.Commands, p)
	}
	return p, err
}

func (w *deploying) foresee(ctx context.Context) error {
	p, err := w.command(ctx, []string{"snapshot", "forecast", "--from-ref", w.d.Deployed[:12], "--to-ref", w.d.Coming[:12]}, w.opts.Forecast)
	if err != nil {
		return err
	}
	f, err := forecastForm.read(&p)
	if err != nil {
		return nil // judged by the command's own words
	}
	w.forecast, w.d.From, w.d.To = f, f.From, f.To
	out := &Foreseen{Seconds: f.Boot.Seconds, UpTo: f.Boot.UpTo, Startup: f.Boot.StartupSeconds, Basis: f.Boot.Basis}
	for _, plugin := range f.Plugins {
		if len(plugin.Migrations) == 0 {
			continue
		}
		i := slices.IndexFunc(out.Databases, func(d ForeseenDatabase) bool { return d.Name == plugin.Database })
		if i < 0 {
			i = len(out.Databases)
			out.Databases = append(out.Databases, ForeseenDatabase{Name: plugin.Database})
		}
		for _, m := range plugin.Migrations {
			out.Migrations++
			out.Databases[i].Migrations = append(out.Databases[i].Migrations, m.Name)
			if m.PointOfNoReturn && out.PointOfNoReturn == "" {
				out.PointOfNoReturn = m.Name
			}
		}
	}
	w.d.Forecast = out
	return nil
}

func (w *deploying) look(ctx context.Context) (err error) {
	w.d.Databases, err = w.opts.Live(ctx)
	return err
}

// copy takes the snapshot, or looks at the one that was named.
func (w *deploying) copy(ctx context.Context) error {
	if w.opts.Snapshot != "" {
		p, err := w.command(ctx, []string{"snapshot", "show", "--snapshot", w.opts.Snapshot}, w.opts.Show)
		if err != nil {
			return err
		}
		s, err := shownForm.read(&p)
		if err != nil {
			return err
		}
		w.taken(s.Path, s.Manifest)
		return nil
	}
	p, err := w.command(ctx, []string{"snapshot", "create", "--deployed", w.d.Deployed[:12]}, w.opts.Create)
	if err != nil {
		return err
	}
	var c dayCreated
	readable := json.Unmarshal([]byte(p.Out), &c) == nil
	switch {
	case readable && p.Ran() && c.Schema == createdSchema:
		w.warnings = c.Survey.Warnings
		w.taken(c.Path, c.Manifest)
	case readable && c.Schema == surveySchema && len(c.Refusals) > 0:
		w.refused, w.warnings = c.Refusals, c.Warnings
	default: // without a survey nothing could be looked at
		return p.failed()
	}
	return nil
}

func (w *deploying) taken(path string, m dayManifest) {
	w.manifest = m
	c := &Copy{Path: path, Name: m.Name, Taken: m.Created}
	for _, d := range m.Databases {
		c.Databases = append(c.Databases, title(d.Name, d.Schema, d.Path))
		c.Bytes += d.Dump.Size
	}
	w.d.Snapshot = c
}

// title names a database as the forecast and the snapshot do.
func title(name, schema, path string) string {
	switch {
	case path != "":
		return path
	case schema != "":
		return name + "." + schema
	}
	return name
}

// prove reads the snapshot to its end, and restores it elsewhere.
func (w *deploying) prove(ctx context.Context) error {
	c := w.d.Snapshot
	if c == nil {
		return nil
	}
	words := []string{"snapshot", "verify", "--snapshot", c.Path}
	if !w.opts.NoRehearse {
		p, err := w.command(ctx, words, []string{"--rehearse"}, w.opts.Verify)
		if err != nil {
			return err
		}
		if w.verified(p) {
			return nil
		}
		w.rehearsal = english.Short(p.Problem, 300)
	}
	p, err := w.command(ctx, words)
	if err == nil && !w.verified(p) {
		w.problems = append(w.problems, "it could not be verified: "+english.Short(p.Problem, 300))
	}
	return err
}

// verified reads what a verification found; false where it could not run.
func (w *deploying) verified(p Printed) bool {
	v, err := verifiedForm.read(&p)
	if err != nil {
		return false
	}
	c := w.d.Snapshot
	w.problems, c.Whole = v.Problems, len(v.Problems) == 0
	if v.Rehearsal != nil && c.Whole {
		c.Rehearsed = true
		for _, d := range v.Rehearsal.Databases {
			if w.migrates(d.Name) {
				c.RestoreSeconds += d.Restore + d.Analyze + d.Compare
			}
		}
	}
	return true
}

// migrates reports whether the release will migrate a database, as far as is known.
func (w *deploying) migrates(name string) bool {
	f := w.d.Forecast
	return f == nil || slices.ContainsFunc(f.Databases, func(d ForeseenDatabase) bool { return d.Name == name || d.Name == "" })
}

func (w *deploying) probe(ctx context.Context) error {
	if f := w.d.Forecast; f == nil || f.Migrations == 0 {
		return nil
	}
	p, err := w.command(ctx, []string{"check", "production"}, w.opts.Production)
	if err == nil {
		w.probes, _ = productionForm.read(&p) // what is not known is said so
	}
	return err
}

// Day is what is known of the deployment of the portal.
func (r *Run) Day() (*Day, error) { return r.in.Store.day(r.in.Root) }

// KeepVerification keeps what was found after the roll-out of a deployment, unless another
// deployment has taken its place.
func (r *Run) KeepVerification(d *Deployment, v *Verification) error {
	release, err := r.in.Store.lock()
	if err != nil {
		return err
	}
	defer release()
	day, err := r.Day()
	if err != nil || day.RolledOut() == nil || !day.RolledOut().Time.Equal(d.Time) {
		return err
	}
	day.Verification = v
	return r.in.Store.keepDay(r.in.Root, *day)
}
