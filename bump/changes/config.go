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
		walkConfig(doc.Root(), "", 0, func(key string, line int) {
			keys[key] = append(keys[key], place{File: f.name, Line: line, How: byConfig})
		})
	}
	return keys
}

// maxConfigDepth bounds how deep keys are looked for.
const maxConfigDepth = 12

func walkConfig(v yamledit.Value, prefix string, depth int, visit func(key string, line int)) {
	if depth > maxConfigDepth {
		return
	}
	for _, m := range v.Members() {
		key := prefix + m.Key
		visit(key, m.KeyPos.Line)
		walkConfig(m.Value, key+".", depth+1, visit)
	}
}
