package plugins

import (
	"cmp"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/repofile"
)

// Backstage names a database after the ID that the code registers, not after
// package.json's: createBackendPlugin({ pluginId: 'chat' }).
var registers = []string{"createBackendPlugin", "createBackendModule"}

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
		below = filepath.Join(dir, below)
		var list []Made
		scanBelow(below, registers, func(tokens []jsscan.Token) { list = append(list, Makes(tokens, registers)...) })
		constants := constantsBelow(below, list)
		for _, m := range list {
			switch id := cmp.Or(m.ID, constants[m.Constant]); {
			case id == "":
			case m.By == registers[0]:
				plugins = append(plugins, id)
			default:
				modules = append(modules, id)
			}
		}
		if len(plugins)+len(modules) > 0 {
			return plugins, modules
		}
	}
	return nil, nil
}

// constantsBelow are the texts of the constants that hold IDs, by name; each is that
// of the first file that has it.
func constantsBelow(dir string, list []Made) map[string]string {
	texts := map[string]string{}
	for _, m := range list {
		if m.Constant != "" {
			texts[m.Constant] = ""
		}
	}
	if len(texts) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(texts))
	scanBelow(dir, names, func(tokens []jsscan.Token) {
		for _, name := range names {
			if texts[name] == "" {
				texts[name], _ = Constant(tokens, name)
			}
		}
	})
	return texts
}

// scanBelow hands on the tokens of the source files below a folder that have one of
// some words.
func scanBelow(dir string, words []string, use func([]jsscan.Token)) {
	n := 0
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
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
		if err == nil && slices.ContainsFunc(words, func(w string) bool { return strings.Contains(string(src), w) }) {
			tokens, _ := jsscan.Scan(path, string(src))
			use(tokens)
		}
		return nil
	})
}

func isSource(name string) bool {
	if strings.Contains(name, ".test.") || strings.HasSuffix(name, ".d.ts") {
		return false
	}
	return slices.Contains([]string{".ts", ".tsx", ".js", ".cjs", ".mjs"}, filepath.Ext(name))
}
