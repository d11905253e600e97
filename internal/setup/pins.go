package setup

import (
	"path"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/pattern"
)

// Pin is what a workflow names an action by.
type Pin struct {
	// Ref is a commit; or a tag or a branch, where the commit is not known.
	Ref string
	// Tag is the release that the commit is of.
	Tag string
}

// ownAction is the repository of portalctl's own action.
const ownAction = "portalctl/portalctl"

// pinned are the actions that workflows use, by repository, at the releases that they
// were tried with.
var pinned = map[string]Pin{
	"actions/cache":             {"55cc8345863c7cc4c66a329aec7e433d2d1c52a9", "v6.1.0"},
	"actions/checkout":          {"3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"},
	"actions/download-artifact": {"3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"},
	"actions/setup-node":        {"820762786026740c76f36085b0efc47a31fe5020", "v7.0.0"},
	"actions/upload-artifact":   {"043fb46d1a93c77aae656e7c1c64a875d1fc6a0a", "v7.0.1"},
	"github/codeql-action":      {"dd903d2e4f5405488e5ef1422510ee31c8b32357", "v3.36.2"},
}

// Actions are the repositories of the actions that workflows use, sorted.
func Actions() []string {
	list := []string{ownAction}
	for name := range pinned {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// used are the actions of a workflow: repository, folder in it, ref, comment.
var used = pattern.New(`(?m)(\buses: +)([\w.-]+/[\w.-]+)((?:/[\w.-]+)*)@([^\s#]+)(?: +#[ \t]*([^\r\n]*))?`)

var commit = pattern.New(`^[0-9a-f]{40}$`)

// withoutPins is a text without what its actions are named by: who moves a pin, as
// Renovate and Dependabot do, does not make the file theirs.
func withoutPins(text []byte) []byte {
	return used().ReplaceAll(text, []byte("$1$2$3"))
}

// pin is what an action of a repository is named by: what --update found, else what the
// workflows have already, the one at name before others, else what this portalctl knows.
func (f *Facts) pin(repo, name string) Pin {
	if p, ok := f.Pins[repo]; ok {
		return p
	}
	if p, ok := f.have(name)[repo]; ok {
		return p
	}
	return f.known(repo)
}

// known is the pin that this portalctl has. Its own is its release, whose commit it
// cannot know, and without one the branch.
func (f *Facts) known(repo string) Pin {
	if repo != ownAction {
		return pinned[repo]
	}
	if release(f.Version) {
		return Pin{Ref: f.Version}
	}
	return Pin{Ref: "main"}
}

var pseudo = pattern.New(`[.-]\d{14}-[0-9a-f]{12}$`)

// release reports whether a version is one that there is an archive and an image of, and
// not one that Go makes up for a commit.
func release(version string) bool {
	v, err := semver.StrictNewVersion(strings.TrimPrefix(version, "v"))
	return err == nil && strings.HasPrefix(version, "v") && v.Metadata() == "" && !pseudo().MatchString(version)
}

// have are the commits that the workflows of init have already, those of the one at name
// before others.
func (f *Facts) have(name string) map[string]Pin {
	list := map[string]Pin{}
	var names []string
	for _, w := range githubWorkflows {
		names = append(names, path.Join(workflowFolder, w.file))
	}
	for _, name := range append(names, name) {
		src, err := f.read(name)
		if err != nil {
			continue // decide says so
		}
		for _, m := range used().FindAllSubmatch(src, -1) {
			if commit().Match(m[4]) {
				list[string(m[2])] = Pin{Ref: string(m[4]), Tag: tagOf(string(m[5]))}
			}
		}
	}
	return list
}

// tagOf is the release that a pin's comment names, "" for none.
func tagOf(comment string) string {
	word, _, _ := strings.Cut(comment, " ")
	if strings.HasPrefix(word, "v") {
		return word
	}
	return ""
}

// uses is the value of a step's uses.
func uses(action string, p Pin) string {
	if commit().MatchString(p.Ref) {
		return action + "@" + p.Ref + " # " + p.Tag
	}
	return action + "@" + p.Ref + " # portalctl: pin, which init --update makes a commit"
}

// Newest chooses what an action is named by from the tags of its repository, as git
// ls-remote --tags prints them: the newest release of the major that is in use, which for
// portalctl's own is its own release. ok is false where there is none.
func (f *Facts) Newest(repo, tags string) (p Pin, ok bool) {
	commits := map[string]string{}
	for line := range strings.Lines(tags) {
		hash, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		name, isTag := strings.CutPrefix(name, "refs/tags/")
		if !isTag || !commit().MatchString(hash) {
			continue
		}
		name, peeled := strings.CutSuffix(name, "^{}")
		if _, there := commits[name]; peeled || !there {
			commits[name] = hash // of the commit, not of the tag that names it
		}
	}
	if repo == ownAction && release(f.Version) {
		if hash, ok := commits[f.Version]; ok {
			return Pin{hash, f.Version}, true
		}
		return Pin{}, false
	}
	now := f.pin(repo, "")
	at, err := semver.NewVersion(now.Tag)
	if err != nil {
		at = nil // of a branch, or of a commit that nothing names: any release will do
	}
	if known, err := semver.NewVersion(f.known(repo).Tag); err == nil && (at == nil || known.GreaterThan(at)) {
		at = known // a newer portalctl was tried with a newer major
	}
	var best *semver.Version
	for name, hash := range commits {
		v, err := semver.StrictNewVersion(strings.TrimPrefix(name, "v"))
		if err != nil || !strings.HasPrefix(name, "v") || v.Prerelease() != "" {
			continue
		}
		if at != nil && (v.Major() != at.Major() || v.LessThan(at)) || best != nil && !v.GreaterThan(best) {
			continue
		}
		best, p = v, Pin{hash, name}
	}
	return p, best != nil
}

// Unpinned are the actions that the workflows would name by what moves.
func (f *Facts) Unpinned() []string {
	var list []string
	for _, repo := range Actions() {
		if p := f.pin(repo, ""); !commit().MatchString(p.Ref) {
			list = append(list, repo+"@"+p.Ref)
		}
	}
	return list
}
