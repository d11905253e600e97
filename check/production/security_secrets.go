package production

import (
	"fmt"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/gitbase"
	"github.com/portalctl/portalctl/internal/secretscan"
)

const nextSecret = "Take it out, read it from ${NAME} or a secret store, and change it where it is used: git keeps what was committed"

// secretItems is the one about secrets that stand in files as they are.
func secretItems() []item {
	return []item{{checkItem{"literal-secrets", areaSecurity, "No secret stands in a file of the repository as it is",
		"Whoever can read the repository, a fork or an old clone of it has the secret, and git keeps it after it is taken out.",
		nextSecret,
		1, profileTeam}, literalSecrets}}
}

// local is for files that only a developer's machine or a job of CI starts: a password
// that everybody knows is enough there.
func local(name string) bool {
	base := path.Base(name)
	return strings.Contains(base, "compose") || strings.HasPrefix(base, ".env") || strings.HasPrefix(name, ".github/") || strings.HasPrefix(base, ".gitlab-ci") ||
		strings.HasPrefix(base, "azure-pipelines") || strings.HasSuffix(base, ".sh") || strings.Contains(base, ".local.")
}

// literalSecrets looks through all files that hold settings, of the deploy repository,
// too. What git was told to leave alone is nobody's but the developer's.
func literalSecrets(v *view) outcome {
	var problems []problem
	var partly []evidencePlace
	first, looked := fault.Pos{}, 0
	for _, t := range []*tree{v.repo, v.deploy} {
		for _, f := range t.match(secretscan.Settings) {
			src, err := f.load()
			if err == errBinary {
				continue
			}
			if err != nil {
				partly = append(partly, evidencePlace{f.pos(1, 0), err.Error()})
				continue
			}
			looked++
			if first.IsZero() || strings.HasPrefix(f.base(), "app-config") && !strings.HasPrefix(path.Base(first.File), "app-config") {
				first = f.pos(1, 0)
			}
			r := secretscan.Scan(f.name, src)
			if r.Partial {
				partly = append(partly, evidencePlace{f.pos(1, 0), "it has more in it than is looked at"})
			}
			if len(r.Hits) > 0 && t == v.repo {
				if ignored, err := gitbase.Ignored(v.in.Top, f.name); err == nil && ignored {
					continue
				}
			}
			for _, h := range r.Hits {
				if h.Rule == secretscan.RuleDefault && local(f.name) {
					continue
				}
				next := nextSecret
				if h.Rule == secretscan.RuleDefault {
					next = "Read it from ${NAME} or a secret store, and set another one"
				}
				problems = append(problems, problem{pos: f.pos(h.Line, h.Column), name: h.Rule, key: h.What,
					message: h.What + " stands in the file as it is", next: next})
			}
		}
	}
	switch {
	case len(problems) > 0:
		return fail(problems...)
	case looked == 0:
		return notApplicable("there is no file that holds settings")
	case v.repo.cut || v.deploy.cut:
		return unknown("there are more files than are looked through", "Attest it, with the report of a scanner that looks through all")
	case len(partly) > 0:
		return unknown(english.Count(len(partly), "file")+" could not be looked through", "Attest it, with the report of a scanner that looks through all", partly...)
	}
	return pass("no secret was found", evidencePlace{first, fmt.Sprintf("%s that hold settings, this one first, were looked through; docs/secrets.md says for what", english.Count(looked, "file"))})
}
