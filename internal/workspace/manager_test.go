package workspace

import "testing"

func TestManager(t *testing.T) {
	for _, tc := range []struct{ name, tree, manager, file string }{
		{"yarn by its lock", "-- package.json --\n{\"workspaces\": []}\n-- yarn.lock --\n", "", ""},
		{"a leftover beside yarn.lock", "-- package.json --\n{\"workspaces\": []}\n-- yarn.lock --\n-- package-lock.json --\n{}", "", ""},
		{"yarn by .yarnrc.yml", "-- package.json --\n{\"workspaces\": []}\n-- .yarnrc.yml --\n-- package-lock.json --\n{}", "", ""},
		{"yarn by the field", "-- package.json --\n{\"workspaces\": [], \"packageManager\": \"yarn@4.9.0\"}\n-- pnpm-lock.yaml --\n", "", ""},
		{"nothing tells", "-- package.json --\n{\"workspaces\": []}", "", ""},
		{"pnpm by its lock", "-- package.json --\n{\"workspaces\": []}\n-- pnpm-lock.yaml --\n", "pnpm", "pnpm-lock.yaml"},
		{"pnpm by its workspaces", "-- package.json --\n{\"workspaces\": []}\n-- pnpm-workspace.yaml --\n", "pnpm", "pnpm-workspace.yaml"},
		{"pnpm by the field, whatever lies about", "-- package.json --\n{\"workspaces\": [], \"packageManager\": \"pnpm@9.1.0\"}\n-- yarn.lock --\n", "pnpm", "package.json"},
		{"npm", "-- package.json --\n{\"workspaces\": []}\n-- package-lock.json --\n{}", "npm", "package-lock.json"},
		{"npm shrinkwrap", "-- package.json --\n{\"workspaces\": []}\n-- npm-shrinkwrap.json --\n{}", "npm", "npm-shrinkwrap.json"},
		{"bun", "-- package.json --\n{\"workspaces\": []}\n-- bun.lock --\n{}", "bun", "bun.lock"},
	} {
		p, err := Open(tree(t, tc.tree))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if name, at := p.Manager(); name != tc.manager || at.File != tc.file {
			t.Errorf("%s: %q by %q, want %q by %q", tc.name, name, at.File, tc.manager, tc.file)
		}
		if err := p.OnlyYarn(); (err != nil) != (tc.manager != "") {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}
