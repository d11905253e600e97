package secretscan

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

// kind is what a file is written in, as far as it decides where values end.
type kind int

const (
	other kind = iota // only tokens by their shape, addresses and keys
	skipped
	yamlFile
	jsonFile
	lines // NAME=value: .env, .npmrc, ini
	dockerfile
	shell
	source
)

// file is what a name says of a file.
type file struct {
	name string
	kind kind
	// test: nothing in it is in use. prose: values in it are examples.
	test, prose bool
	// appConfig: values of secrets are nothing but secrets there.
	appConfig bool
	// schema: it describes values, and has none. sealed: long values are encrypted.
	schema, sealed bool
}

var skippedNames = map[string]bool{"yarn.lock": true, "package-lock.json": true, "npm-shrinkwrap.json": true, "pnpm-lock.yaml": true, "bun.lock": true,
	"deno.lock": true, "poetry.lock": true, "pipfile.lock": true, "cargo.lock": true, "gemfile.lock": true, "composer.lock": true, "go.sum": true, ".pnp.cjs": true,
	"chart.lock": true, ".terraform.lock.hcl": true}

var skippedExts = map[string]bool{".png": true, ".jpg": true, ".jpeg": true, ".gif": true, ".ico": true, ".svg": true, ".webp": true, ".woff": true, ".woff2": true,
	".ttf": true, ".eot": true, ".pdf": true, ".zip": true, ".gz": true, ".tgz": true, ".map": true, ".mp4": true, ".snap": true}

var kinds = map[string]kind{".yaml": yamlFile, ".yml": yamlFile, ".tpl": yamlFile, ".json": jsonFile, ".json5": jsonFile, ".jsonc": jsonFile,
	".ini": lines, ".toml": lines, ".properties": lines, ".conf": lines, ".cfg": lines, ".env": lines, ".tfvars": lines, ".npmrc": lines, ".yarnrc": lines,
	".sh": shell, ".bash": shell, ".zsh": shell, ".ps1": shell, ".envrc": shell, ".mk": shell,
	".ts": source, ".tsx": source, ".js": source, ".jsx": source, ".mjs": source, ".cjs": source, ".mts": source, ".cts": source, ".py": source, ".go": source,
	".rb": source, ".java": source, ".kt": source, ".groovy": source, ".tf": source, ".hcl": source, ".bicep": source, ".cs": source, ".php": source}

// infrastructure is read as code, and holds settings.
var infrastructure = map[string]bool{".tf": true, ".hcl": true, ".bicep": true}

// fileOf judges a file by its name.
func fileOf(name string) file {
	f := file{name: name}
	lowered := strings.ToLower(name)
	base := path.Base(lowered)
	for _, dir := range strings.Split(path.Dir(lowered), "/") {
		switch dir {
		case "node_modules", ".git", "dist", "dist-types", ".pnp", "bower_components":
			f.kind = skipped
			return f
		case "releases", "plugins":
			if strings.Contains(lowered, ".yarn/") { // Yarn itself
				f.kind = skipped
				return f
			}
		case "__tests__", "__test__", "__mocks__", "__fixtures__", "fixtures", "testdata", "test", "tests", "mocks", "e2e-tests", "cypress", "__testutils__":
			f.test = true
		case "docs", "examples", "example", "samples":
			f.prose = true
		}
	}
	if skippedNames[base] || skippedExts[path.Ext(base)] || strings.HasSuffix(base, ".min.js") || strings.HasSuffix(base, ".min.css") {
		f.kind = skipped
		return f
	}
	f.test = f.test || strings.Contains(base, ".test.") || strings.Contains(base, ".spec.") || strings.Contains(base, ".stories.") || strings.HasPrefix(base, "mock")
	for _, word := range []string{".example", ".sample", ".template", ".tmpl", ".dist", "-example", "-sample", "example."} {
		f.prose = f.prose || strings.Contains(base, word)
	}
	f.appConfig = strings.HasPrefix(base, "app-config")
	ext := path.Ext(base)
	switch {
	case strings.HasPrefix(base, ".env") || strings.HasSuffix(base, ".env") || strings.HasPrefix(base, "env."):
		f.kind = lines
		if base == ".envrc" {
			f.kind = shell
		}
	case base == ".npmrc" || base == ".yarnrc" || base == ".pypirc" || base == ".netrc" || base == ".pgpass" || base == "npmrc":
		f.kind = lines
	case strings.HasPrefix(base, "dockerfile") || strings.HasSuffix(base, ".dockerfile") || strings.HasPrefix(base, "containerfile"):
		f.kind = dockerfile
	case base == "makefile" || base == "justfile" || base == "jenkinsfile" || base == "procfile" || base == "tiltfile":
		f.kind = shell
	case ext == ".md" || ext == ".mdx" || ext == ".adoc" || ext == ".rst" || ext == ".txt" || ext == ".html":
		f.prose = true
	default:
		f.kind = kinds[ext]
	}
	return f
}

// isSchema reports whether a file describes what values are, as an API's description
// or a Scaffolder template does.
func isSchema(src []byte) bool {
	head := src[:min(len(src), 4096)]
	return slices.ContainsFunc([]string{"openapi:", "\"openapi\":", "swagger:", "\"swagger\":", "asyncapi:", "\"$schema\":", "$schema:", "kind: Template\n", "kind: Template\r",
		"kind: CustomResourceDefinition", "securitySchemes:", "\"configSchema\":"},
		func(mark string) bool { return bytes.Contains(head, []byte(mark)) })
}

// Settings reports whether a file is of a kind in which settings stand: configuration,
// manifests, workflows, images, scripts and keys; neither code nor prose nor tests.
func Settings(name string) bool {
	f := fileOf(name)
	if f.kind == jsonFile && strings.Contains(name, "/src/") {
		return false // data of code
	}
	return f.kind != skipped && (f.kind != source || infrastructure[path.Ext(name)]) && !f.prose && !f.test && (f.kind != other || keyFile(name))
}

// keyFile: what a private key is kept in.
func keyFile(name string) bool {
	switch ext := path.Ext(name); ext {
	case ".pem", ".key", ".p8", ".asc", "":
		return ext != "" || strings.HasPrefix(path.Base(name), "id_")
	}
	return false
}
