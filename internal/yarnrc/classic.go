package yarnrc

import (
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
)

// isClassic reports whether the repo is Yarn 1's: no rc file of a later Yarn,
// and a lock with the v1 header, or without a lock, a .yarnrc file.
func isClassic(repo *repofile.Repo, dir, rcFilename string) bool {
	if _, err := repo.Stat(filepath.Join(dir, rcFilename)); err == nil {
		return false
	}
	head, err := repo.Head(filepath.Join(dir, "yarn.lock"), 256)
	if err != nil {
		_, err = repo.Stat(filepath.Join(dir, ".yarnrc"))
		return err == nil
	}
	return strings.Contains(string(head), "# yarn lockfile v1")
}

// loadClassic puts the settings of .yarnrc files (dir and its parents, then
// the home folder) and of YARN_* variables before those of npm, under npm's
// names: Yarn 1 has the same settings and prefers its own files.
func loadClassic(repo *repofile.Repo, dir string, env *environment, npm *npmConfig) (*npmConfig, error) {
	out := &npmConfig{vals: map[string]npmValue{}, ca: npm.ca}
	for _, name := range env.names {
		if rest, ok := strings.CutPrefix(strings.ToLower(name), "yarn_"); ok && rest != "" {
			key := rest[:1] + strings.ReplaceAll(rest[1:], "_", "-")
			out.vals[key] = npmValue{text: env.values[name], pos: fault.Pos{File: "environment variable " + name}}
		}
	}
	files := []string{}
	for _, d := range upwards(repo, dir) {
		files = append(files, filepath.Join(d, ".yarnrc"))
	}
	if home := env.home(); home != "" {
		files = append(files, filepath.Join(home, ".yarnrc"))
	}
	seen := map[string]bool{}
	for _, file := range files {
		if seen[abs(file)] {
			continue
		}
		seen[abs(file)] = true
		src, err := readSmall(repo, file)
		if err != nil {
			return nil, err
		}
		for _, v := range ClassicLines(file, src) {
			if old, ok := out.vals[v.Key]; v.Value != "" && (!ok || old.pos.File == file) {
				out.vals[v.Key] = npmValue{text: v.Value, pos: v.Pos}
			}
		}
	}
	for key, v := range npm.vals {
		if _, ok := out.get(key); !ok {
			out.vals[key] = v
		}
	}
	return out, nil
}

// upwards is dir and its parents, nearest first, dir as it was given.
func upwards(repo *repofile.Repo, dir string) []string {
	out := []string{dir}
	for d := repo.Above(abs(dir)); d != ""; d = repo.Above(d) {
		out = append(out, d)
	}
	return out
}

func abs(path string) string {
	if a, err := filepath.Abs(path); err == nil {
		return a
	}
	return path
}
