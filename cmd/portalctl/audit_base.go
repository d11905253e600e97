package main

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/audit/ignore"
	"github.com/portalctl/portalctl/audit/trust"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/pkgjson"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/semrange"
	"github.com/portalctl/portalctl/internal/yarnlock"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// readBase reads the files of the merge base.
func (r *auditRun) readBase(commit *gitbase.Commit, name string) error {
	root, repo := r.root, commit.InPlace()
	paths, err := findLocks(repo, root)
	if err != nil {
		return err
	}
	// What two entries say was there, and the change may be about to mend it.
	var locks []*audit.Lock
	got, err := readLocks(repo, root, r.kept(paths), r.e.Environ, yarnlock.ParseMerged)
	if err == nil {
		locks = got.locks
	} else {
		// A base with a broken lock, which the change may be about to mend, is
		// no base: all that the head has counts as new then.
		r.notes = append(r.notes, "a lock of the merge base cannot be read, so that all counts as new: "+strings.ReplaceAll(err.Error(), root+string(filepath.Separator), ""))
	}
	for _, u := range r.in.Unread {
		if slices.ContainsFunc(locks, func(l *audit.Lock) bool { return l.Path == u.Path }) {
			return fault.At(fault.Pos{File: u.Path}, "the lock %s, and the base has one that it can", u.Reason).
				WithNext("Have the package manager of the base write it, or use a portalctl that knows this one")
		}
	}
	asking := func(dir string) bool {
		_, err := r.repo.Stat(filepath.Join(r.root, filepath.FromSlash(dir), pkgjson.FileName))
		return err == nil
	}
	wanting := func(dir string) bool {
		file := filepath.Join(r.root, filepath.FromSlash(dir), pkgjson.FileName)
		src, err := r.repo.Read(file, repofile.MaxCode)
		if err != nil {
			return true
		}
		f, err := pkgjson.Parse(file, src)
		return err != nil || f.HasWorkspaces || len(f.AllDeps()) > 0
	}
	if err := audit.CheckGone(r.in.Head, locks, asking, wanting); err != nil {
		return err
	}
	// Where to ask, and with which credentials, is the base's to say.
	if r.settings, err = yarnrc.LoadIn(repo, root, r.e.Environ); err != nil {
		return fault.Wrap(err, fault.Pos{}, "the settings of the merge base")
	}
	r.in.Base = &audit.Base{Name: name, Commit: commit.Hash, Locks: locks}
	r.unreadable(locks)
	base, err := side(repo, root, locks)
	if err != nil {
		return err
	}
	err = fs.WalkDir(commit, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err == nil && d.IsDir() && notOfBase(name):
			return fs.SkipDir
		case err == nil && trust.IsArchive(name):
			base.Archives = append(base.Archives, name)
		}
		return err
	})
	if err != nil {
		return err
	}
	r.base = &base
	r.sources.HasBase = true
	r.sources.Base = decisionFiles(base, locks)
	return nil
}

// unreadable has the audit end as incomplete where a change brings a project
// that cannot be read: what its lock lacks is not known then.
func (r *auditRun) unreadable(base []*audit.Lock) {
	for _, l := range r.in.Head {
		for _, was := range base {
			if l.Path == was.Path && was.Project != nil && l.ProjectErr != nil {
				r.in.Incomplete = append(r.in.Incomplete, l.ProjectErr)
			}
		}
	}
}

// openBaseLock takes a lock file for the base, and the decisions beside it: the
// head's are the change's.
func (r *auditRun) openBaseLock(file string) error {
	src, err := os.ReadFile(file)
	if err != nil {
		return fault.Wrap(pathCause(err), fault.Pos{File: file}, "the lock of the base cannot be read").WithNext("Write it with git show REF:yarn.lock > base.lock")
	}
	lock, err := yarnlock.ParseIndented(filepath.ToSlash(file), src)
	if err != nil {
		return err
	}
	lock.File = lockName
	locks := []*audit.Lock{{Path: lockName, Lock: lock}}
	if len(r.in.Head) > 0 {
		// Who is a workspace and what is for development is not in a lock.
		locks[0].Project, locks[0].Settings = r.in.Head[0].Project, r.in.Head[0].Settings
	}
	// Nor does the head say how OSV is reached.
	if r.settings, err = r.e.ownSettings(); err != nil {
		return err
	}
	r.in.Base = &audit.Base{Name: file, Locks: locks}
	r.base = &trust.Side{Locks: []*yarnlock.Lock{lock}}
	r.sources.HasBase = true
	beside, err := side(repofile.Of(filepath.Dir(file)), filepath.Dir(file), nil)
	r.sources.Base = decisionFiles(beside, locks)
	return err
}

// side is a state of the repository as the rules about locks and settings see
// it: the locks, and the files that the rules want. Links to files are followed, as
// Yarn does; other things that are not regular files are passed over.
func side(repo *repofile.Repo, root string, locks []*audit.Lock) (trust.Side, error) {
	s := trust.Side{Files: map[string][]byte{}}
	for _, l := range locks {
		s.Locks = append(s.Locks, l.Lock)
	}
	files := repo.FS(root)
	err := fs.WalkDir(files, ".", func(rel string, d fs.DirEntry, err error) error {
		switch {
		case rel == "." && isMissing(err):
			return nil
		case err != nil:
			return unreadable(err, filepath.Join(root, filepath.FromSlash(rel)))
		case d.IsDir() && (d.Name() == ".git" || notOfBase(rel)):
			return fs.SkipDir
		case !trust.Wanted(rel) && !ignore.Wanted(rel):
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			if src := linked(root, filepath.Join(root, filepath.FromSlash(rel))); src != nil {
				s.Files[rel] = src
			}
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		src, err := fs.ReadFile(files, rel)
		if err != nil {
			return unreadable(err, rel)
		}
		s.Files[rel] = src
		return nil
	})
	return s, err
}

// linked is the file behind a link, nil if there is none. What lies outside of
// the repository is not looked at: as settings, its place is taken by a text
// that cannot be judged, which is a finding.
func linked(root, file string) []byte {
	target, err := filepath.EvalSymlinks(file)
	if err != nil {
		return nil
	}
	top, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil
	}
	info, err := os.Stat(target)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	if rel, err := filepath.Rel(top, target); err != nil || !filepath.IsLocal(rel) {
		return []byte("a link that leads out of the repository")
	}
	src, err := repofile.Read(target, repofile.MaxCode)
	if err != nil {
		return nil
	}
	return src
}

// decisionFiles are the files of decisions among those of a side: the policy at
// the root, and what osv-scanner's users have beside their locks.
func decisionFiles(s trust.Side, locks []*audit.Lock) []ignore.File {
	paths := make([]string, 0, len(locks))
	for _, l := range locks {
		paths = append(paths, l.Path)
	}
	return ignore.Pick(s.Files, ".", paths)
}

// options are the defaults, the policy and the flags, the last of which wins.
func (r *auditRun) options(p ignore.Policy) audit.Options {
	o := audit.Defaults().With(p)
	o.Directory = r.o.directory
	if dir, err := workDir(o.Directory); err != nil || dir != r.root {
		o.Directory = r.root // the folder that was named is one below
	}
	o.Now, o.Partial = r.now, len(r.o.exclude) > 0 || r.o.baseLockfile != ""
	o.FailOn, o.NoScore = cmp.Or(r.o.failOn, o.FailOn), cmp.Or(r.o.noScore, o.NoScore)
	for _, f := range []struct{ said, to *bool }{
		{r.o.failOnUnfixable, &o.FailOnUnfixable}, {r.o.prod, &o.Prod}, {r.o.strict, &o.Strict},
	} {
		if f.said != nil {
			*f.to = *f.said
		}
	}
	return o
}

// age reads a duration, in days and weeks too.
func age(text string) (time.Duration, error) {
	const day = 24 * time.Hour
	for suffix, unit := range map[string]time.Duration{"d": day, "w": 7 * day} {
		if n, err := strconv.Atoi(strings.TrimSuffix(text, suffix)); err == nil && n >= 0 && strings.HasSuffix(text, suffix) {
			return time.Duration(n) * unit, nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	return 0, usagef("%q is not a valid age", text).WithNext("Write it as 36h or 7d")
}

// judgeLocks runs the rules about locks and settings.
func (r *auditRun) judgeLocks(ctx context.Context, p ignore.Policy) error {
	in := trust.Input{
		Head: r.head, Base: r.base, Archives: r.brings, Prefix: r.prefix, Registries: p.Registries, Scopes: p.Scopes, Severities: p.Severities,
		MinAge: p.MinAge, Now: r.now, Fixes: audit.Fixes(r.in.Hits), Malware: audit.Malware(r.in.Hits),
	}
	for _, l := range r.in.Head {
		if l.Project == nil {
			continue
		}
		for _, ws := range l.Project.Workspaces {
			if ws.File.Name != "" {
				pos := ws.File.NamePos
				pos.File = path.Join(path.Dir(l.Path), pos.File)
				in.Workspaces = append(in.Workspaces, trust.Workspace{Name: ws.File.Name, Pos: pos})
			}
		}
	}
	if r.o.online {
		client, err := r.registry()
		if err != nil {
			return err
		}
		in.Registry = client
		in.Fetch = r.fetch
		progress := r.e.Progress("Asking the registry", -1)
		defer progress.Done()
		in.Progress = func(int, int) { progress.Add(1) }
	}
	result, err := trust.Check(ctx, in)
	if err != nil {
		return err
	}
	r.in.Trust = result
	return nil
}

// registry answers for npm packages, by the settings that decide.
func (r *auditRun) registry() (*registry.Client, error) {
	return (&checkout{settings: r.settings, net: r.settings}).registry(r.e, r.o.offline)
}

// fetch reads a public address, without credentials.
func (r *auditRun) fetch(ctx context.Context, url string) ([]byte, error) {
	got, err := httpfetch.New(httpConfig(r.settings, r.e, url)).Get(ctx, httpfetch.Request{URL: url})
	if err != nil {
		return nil, err
	}
	return got.Body, nil
}

// registryAdvice lets the report ask the registry which releases admit a fix.
// What cannot be asked makes the advice less exact, nothing more: late says so
// once the report is there.
func (r *auditRun) registryAdvice(ctx context.Context) (late func() []string) {
	late = func() []string { return nil }
	if !r.o.online && !r.o.fixes {
		return late
	}
	client, err := r.registry()
	if err != nil {
		return late
	}
	r.client = client
	known := map[string][]audit.Version{}
	var failed []string
	r.in.Published = func(name string) ([]audit.Version, bool) {
		if list, ok := known[name]; ok {
			return list, list != nil
		}
		known[name] = nil
		doc, err := client.Packument(ctx, name)
		if err != nil {
			failed = append(failed, name)
			return nil, false
		}
		list := []audit.Version{}
		for _, v := range doc.Versions() {
			if m, err := doc.Version(v); err == nil && m.Deprecated == "" {
				list = append(list, audit.Version{Version: v, Dependencies: m.Dependencies})
			}
		}
		known[name] = list
		return list, true
	}
	r.in.Releases = r.releases(ctx)
	return func() []string {
		if len(failed) == 0 {
			return nil
		}
		return []string{"the registry did not answer for " + strings.Join(failed, ", ") + ": the advice about these is less exact"}
	}
}

// releases are the portal's Backstage release and the newer ones that are
// known, if the portal names one.
func (r *auditRun) releases(ctx context.Context) []audit.Release {
	for _, l := range r.in.Head {
		if l.Project == nil || l.Project.Declared() == "" {
			continue
		}
		source, err := (&checkout{settings: r.settings, net: r.settings}).releases(r.e, r.o.offline)
		if err != nil {
			return nil
		}
		var list []audit.Release
		now, err := semrange.ParseVersion(source.Standing(l.Lock, l.Project.Declared()).Release)
		if err != nil {
			return nil
		}
		for _, known := range source.Known(ctx) {
			v, err := semrange.ParseVersion(known)
			if err != nil || v.Prerelease() != "" || semrange.Compare(v, now) <= 0 {
				continue
			}
			if m, err := source.Get(ctx, known); err == nil {
				list = append(list, audit.Release{Version: known, Packages: m.Packages})
			}
		}
		return list
	}
	return nil
}
