package check

import (
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/jsonedit"
)

// checkPublished reports plugin packages that send their source to the
// registry, or their consumers to source that is not there.
func (m *model) checkPublished(p *pkg) {
	doc := p.File.Doc()
	if doc == nil || p.File.Private {
		return
	}
	m.checkFiles(p, doc)
	if v, ok := doc.Get("publishConfig", "main"); ok && isSource(v.String()) {
		m.structureFinding(p, v.Pos(), "publishConfig.main", fmt.Sprintf("publishConfig sends the users of %s to its source", p.Name()),
			`Write the built file, such as "dist/index.cjs.js"`)
		return
	} else if ok {
		return
	}
	main, ok := doc.Get("main")
	if !ok || !isSource(main.String()) || strings.Contains(p.File.Scripts["prepack"], "package prepack") {
		return
	}
	m.structureFinding(p, main.Pos(), "main", fmt.Sprintf("main of %s stays at its source when it is published", p.Name()),
		`Add "main" to publishConfig, and "prepack": "backstage-cli package prepack" to scripts`)
}

func (m *model) checkFiles(p *pkg, doc *jsonedit.Doc) {
	files, ok := doc.Get("files")
	if !ok {
		m.structureFinding(p, p.File.NamePos, "files", fmt.Sprintf("%s has no files: all of its folder is published, source and tests included", p.Name()),
			`Add "files": ["dist"]`)
		return
	}
	for _, v := range files.Elements() {
		if publishesSource(v.String()) {
			m.structureFinding(p, v.Pos(), "files "+v.String(), fmt.Sprintf("files of %s publishes its source (%q)", p.Name(), v.String()),
				`List what is built, such as "dist", and single files such as "config.d.ts"`)
		}
	}
}

// isSource reports whether an entry point is below src.
func isSource(name string) bool {
	return strings.HasPrefix(strings.TrimPrefix(name, "./"), "src/")
}

// publishesSource reports whether an entry of files takes in source. Other files
// of its folder, such as a schema or types for the configuration, are meant.
func publishesSource(glob string) bool {
	glob = strings.Trim(strings.TrimPrefix(glob, "./"), "/")
	switch glob {
	case "", ".", "*", "**", "**/*", "src", "src/*", "src/**", "src/**/*", "src/**/*.ts", "src/**/*.tsx", "src/**/*.{ts,tsx}":
		return true
	}
	return strings.HasPrefix(glob, "src/") && !strings.HasSuffix(glob, ".d.ts") &&
		(strings.HasSuffix(glob, ".ts") || strings.HasSuffix(glob, ".tsx"))
}
