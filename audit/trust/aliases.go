package trust

import (
	"strings"

	"github.com/portalctl/portalctl/internal/jsonedit"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// aliases are the packages that resolutions put in the place of others, as name
// and real name. Yarn 1 writes what was asked for and the alias into one key.
type aliases map[[2]string]bool

// aliases are those of a lock.
func (m manifests) aliases(lock *yarnlock.Lock) aliases {
	if lock.Kind != yarnlock.Classic {
		return nil // later Yarns write the alias alone
	}
	doc := m.beside(lock.File)
	if doc == nil {
		return nil // then nobody says so
	}
	resolutions := map[string]string{} // of two with one key the last counts
	for _, r := range doc.Members("resolutions") {
		if resolutions[r.Name] = ""; r.Value.Kind() == jsonedit.String {
			resolutions[r.Name] = r.Value.String()
		}
	}
	out := aliases{}
	for key, to := range resolutions {
		if real, ok := spec.Parse(to).Alias(); ok {
			out[[2]string{spec.ParsePattern(key).Name, real.Name}] = true
		} else if name, ok := spec.NPM.Cut(to); ok && name != "" && !strings.Contains(name[1:], "@") {
			out[[2]string{spec.ParsePattern(key).Name, name}] = true
		}
	}
	return out
}

// real is the package that a key of an entry asks for: behind its own alias, or
// behind one that stands in the same entry and that resolutions made.
func (a aliases) real(k yarnlock.Descriptor, e *yarnlock.Entry) string {
	if alias, ok := k.Alias(); ok {
		return alias.Name
	}
	for _, other := range e.Keys {
		if alias, ok := other.Alias(); ok && other.Name == k.Name && a[[2]string{k.Name, alias.Name}] {
			return alias.Name
		}
	}
	return k.Name
}
