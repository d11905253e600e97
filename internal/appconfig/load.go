// Package appconfig reads a portal's app-config files as Backstage does
// (@backstage/config-loader 1.11.3): which files there are, what stands in for
// what, and how they are layered. Every value knows its place in the files and
// the environment variables that it came from, and hides what may be secret.
package appconfig

// Options say which configuration to read.
type Options struct {
	// Root is the folder of the root package.json, where the default files are.
	Root string
	// Cwd is the folder that Files are relative to, "" for Root.
	Cwd string
	// Files are the arguments of --config, in order. Any of them replaces the
	// default files.
	Files []string
	// Env is the environment, each entry as in os.Environ.
	Env []string
}

// Tree is a configuration that was read, with all layers.
type Tree struct {
	*Config
	// Files are the files that were layered, from the weakest to the
	// strongest: absolute, without those that $file and $include read.
	Files []string
	// Included are the files that $file and $include read, absolute, sorted.
	Included []string
}
