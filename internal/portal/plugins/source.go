package plugins

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/portalctl/portalctl/internal/repofile"
)

// Backstage names a database after the ID that the code registers, not after
// package.json's: createBackendPlugin({ pluginId: 'chat' }).
var registers = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("createBackend(Plugin|Module)\\s*\\(\\s*\\{[^{}]*?pluginId\\s*:\\s*(?:'([^'$]+)'|\"([^\"$]+)\"|`([^`$]+)`)")
})

var comments = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s:/\*.*?\*/)|(?m:^\s*//.*$)`) })

const (
	maxSource  = 1 << 20 // of one file, in bytes
	maxSources = 2000    // files of one package
)

// fromSource gives the package once for each plugin ID that its code registers;
// as it is when the code is not here or says nothing. Backstage's own packages
// are published with the right ID.
func fromSource(pkg Package) []Package {
	if pkg.Dir == "" || strings.HasPrefix(pkg.Name, "@backstage/") {
		return []Package{pkg}
	}
	plugins, modules := registered(pkg.Dir)
	ids := plugins
	if pkg.Role == "backend-plugin-module" || len(plugins) == 0 {
		ids = append(ids, modules...)
	}
	if len(ids) == 0 {
		return []Package{pkg}
	}
	slices.Sort(ids)
	var out []Package
	for _, id := range slices.Compact(ids) {
		one := pkg
		one.PluginID = id
		out = append(out, one)
	}
	return out
}

// registered reads the source of a workspace, or what was built of it.
func registered(dir string) (plugins, modules []string) {
	for _, below := range []string{"src", "dist"} {
		n := 0
		_ = filepath.WalkDir(filepath.Join(dir, below), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil
			}
			if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), "__")) {
				return fs.SkipDir
			}
			if !d.Type().IsRegular() || !isSource(d.Name()) {
				return nil
			}
			if n++; n > maxSources {
				return fs.SkipAll
			}
			src, err := repofile.Read(path, maxSource)
			if err != nil {
				return nil
			}
			for _, m := range registers().FindAllStringSubmatch(comments().ReplaceAllString(string(src), ""), -1) {
				id := m[2] + m[3] + m[4]
				if m[1] == "Plugin" {
					plugins = append(plugins, id)
				} else {
					modules = append(modules, id)
				}
			}
			return nil
		})
		if len(plugins)+len(modules) > 0 {
			return plugins, modules
		}
	}
	return nil, nil
}

func isSource(name string) bool {
	if strings.Contains(name, ".test.") || strings.HasSuffix(name, ".d.ts") {
		return false
	}
	return slices.Contains([]string{".ts", ".tsx", ".js", ".cjs", ".mjs"}, filepath.Ext(name))
}
