package changes

import (
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/yamledit"
)

// configKeys are the keys of the portal's app-config files, as a dotted path, with
// where each stands. A file that is not YAML is for others to complain about.
func configKeys(files []textFile) map[string][]place {
	keys := map[string][]place{}
	for _, f := range files {
		if base := path.Base(f.name); !strings.HasPrefix(base, "app-config") {
			continue
		}
		doc, err := yamledit.Parse(f.name, []byte(f.text))
		if err != nil {
			continue
		}
		addKeys(keys, f.name, doc.Root(), "", 0)
	}
	return keys
}

// maxConfigDepth bounds how deep keys are looked for.
const maxConfigDepth = 12

func addKeys(keys map[string][]place, file string, v yamledit.Value, prefix string, depth int) {
	if depth > maxConfigDepth {
		return
	}
	for _, m := range v.Members() {
		key := prefix + m.Key
		keys[key] = append(keys[key], place{File: file, Line: m.KeyPos.Line, How: byConfig})
		addKeys(keys, file, m.Value, key+".", depth+1)
	}
}
