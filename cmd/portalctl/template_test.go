package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

// templatePortal is a portal that was made by create-app 0.7.2 of release 1.42.0, as it
// came, and a registry that has that version and the one of 1.53.0.
func templatePortal(t *testing.T) (root string, environ []string) {
	t.Helper()
	made := []npmregistry.File{
		{"package.json", "{\n  \"name\": \"root\",\n  \"private\": true,\n  \"engines\": {\n    \"node\": \"20 || 22\"\n  },\n  \"workspaces\": [\n    \"packages/*\"\n  ]\n}\n"},
		{"packages/app/package.json", "{\n  \"name\": \"app\"\n}\n"},
		{"packages/app/src/App.tsx", "import { createApp } from '@backstage/app-defaults';\n\nexport default createApp({});\n"},
		{"packages/backend/package.json", "{\n  \"name\": \"backend\"\n}\n"},
		{"packages/backend/Dockerfile", "FROM node:20-slim\n"},
		{"packages/backend/src/old.ts", "export const old = 1;\n"},
	}
	registry := npmregistry.New(t)
	publish := func(version string, files []npmregistry.File) {
		var in []npmregistry.File
		for _, f := range files {
			in = append(in, npmregistry.File{"package/templates/legacy-app/" + f[0], f[1]})
		}
		registry.PublishAs(map[string]any{"name": "@backstage/create-app", "version": version}, npmregistry.Tarball(in...))
	}
	publish("0.7.2", made)
	var later []npmregistry.File
	for _, f := range made[:5] {
		later = append(later, npmregistry.File{f[0], strings.NewReplacer("20 || 22", "22 || 24", "node:20", "node:24").Replace(f[1])})
	}
	publish("0.9.0", append(later, npmregistry.File{"packages/backend/src/new.ts", "export const new1 = 1;\n"}))
	versions := t.TempDir()
	root = t.TempDir()
	tree := map[string]string{"backstage.json": `{"version": "1.42.0"}`}
	for _, f := range made {
		tree[f[0]] = f[1]
	}
	writeTree(t, root, tree)
	writeTree(t, versions, map[string]string{"v1/releases/1.53.0/manifest.json": `{"releaseVersion": "1.53.0", "packages": [{"name": "@backstage/create-app", "version": "0.9.0"}]}`})
	return root, []string{"HOME=" + t.TempDir(), "XDG_STATE_HOME=" + t.TempDir(), "PORTALCTL_CACHE_DIR=" + t.TempDir(), "NO_PROXY=127.0.0.1",
		"YARN_NPM_REGISTRY_SERVER=" + registry.URL, "YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1", "BACKSTAGE_VERSIONS_BASE_URL=file://" + filepath.ToSlash(versions)}
}

func writeTree(t *testing.T, root string, tree map[string]string) {
	t.Helper()
	for name, text := range tree {
		at := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
