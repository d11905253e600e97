package trust

import (
	"encoding/json"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnlock"
)

// aliases are the packages that resolutions put in the place of others, as name
// and real name. Yarn 1 writes what was asked for and the alias into one key.
type aliases map[[2]string]bool

// aliases are those of a lock.
func (t tree) aliases(lock *yarnlock.Lock) aliases {
	if lock.Kind != yarnlock.Classic {
		return nil // later Yarns write the alias alone
	}
	var file struct {
		Resolutions map[string]any `json:"resolutions"`
	}
	if json.Unmarshal(t[path.Join(path.Dir(lock.File), manifest)], &file) != nil {
		return nil // then nobody says so
	}
	out := aliases{}
	for key, val := range file.Resolutions {
		to, _ := val.(string)
		if real, ok := spec.Parse(to).Alias(); ok {
			out[[2]string{spec.ParsePattern(key).Name, real.Name}] = true
		} else if name, ok := spec.NPM.Cut(to); ok && !strings.Contains(name[1:], "@") {
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
