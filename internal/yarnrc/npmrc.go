package yarnrc

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/repofile"
)

// npmConfig is what .npmrc files and npm_config_* variables say, the nearest
// value of each key.
type npmConfig struct {
	vals map[string]npmValue
	ca   []string
}

// npmValue is one value. Values may be secrets: they stay behind unexported
// types that nothing prints.
type npmValue struct {
	text    string
	marked  string // text with the marks of variables
	written string
	pos     fault.Pos
	missing []string // variables named in it that are not set
}

// loadNPM reads, in npm's order of precedence: npm_config_* variables, dir's
// .npmrc, the user's (npm_config_userconfig, else ~/.npmrc), and a global one
// if npm_config_globalconfig names it.
func loadNPM(repo *repofile.Repo, dir string, env *environment) (*npmConfig, error) {
	c := &npmConfig{vals: map[string]npmValue{}}
	for _, v := range env.npmVars() {
		pos := fault.Pos{File: "environment variable " + v.name}
		if v.key == "ca" {
			c.ca = strings.Split(v.val, "\n\n")
			continue
		}
		c.add(v.key, v.val, pos, env.lookup)
	}
	userFile, ok := env.fold("npm_config_userconfig")
	if !ok && env.home() != "" {
		userFile = filepath.Join(env.home(), ".npmrc")
	}
	globalFile, _ := env.fold("npm_config_globalconfig")
	seen := map[string]bool{}
	for _, file := range []string{filepath.Join(dir, ".npmrc"), userFile, globalFile} {
		if file == "" || seen[abs(file)] {
			continue
		}
		seen[abs(file)] = true
		if err := c.readFile(repo, file, env.lookup); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// readSmall reads a configuration file; nil if there is none. One of the
// repository is read within it.
func readSmall(repo *repofile.Repo, file string) ([]byte, error) {
	src, err := readOrNone(repo, file)
	if err != nil {
		return nil, fault.Wrap(fault.Cause(err), fault.Pos{File: file}, "cannot read the settings").
			WithNext("Check that %s is a readable file", file)
	}
	return src, nil
}

// readOrNone is readSmall with an error that does not say what to do.
func readOrNone(repo *repofile.Repo, file string) ([]byte, error) {
	src, err := repo.Read(file, repofile.MaxSettings)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && src == nil {
		src = []byte{}
	}
	return src, err
}

func (c *npmConfig) readFile(repo *repofile.Repo, file string, env lookup) error {
	src, err := readSmall(repo, file)
	if err != nil {
		return err
	}
	hadCA := len(c.ca) > 0
	for _, line := range NPMLines(file, src) {
		key, _ := substituteNPM(line.Key, env)
		key, isList := strings.CutSuffix(key, "[]")
		val := line.Value
		if key == "ca" {
			if !hadCA && val != "" && val != "null" {
				val, _ = substituteNPM(val, env)
				c.ca = append(c.ca, val)
			}
			continue
		}
		if old, ok := c.vals[key]; ok && isList && old.pos.File == file {
			val = old.written + "," + val
		}
		c.add(key, val, line.Pos, env)
	}
	return nil
}

// add keeps the first value of a key: sources come in order of precedence. In
// one file the last value counts, as in npm.
func (c *npmConfig) add(key, val string, pos fault.Pos, env lookup) {
	if old, ok := c.vals[key]; ok && old.pos.File != pos.File {
		return
	}
	val = strings.TrimSpace(val)
	text, missing := substituteNPM(val, env)
	marked, _ := substituteNPM(val, marking(env, nil))
	c.vals[key] = npmValue{text: text, marked: marked, written: val, pos: pos, missing: missing}
}

// get is a value that is set; "null" and "" mean unset to npm.
func (c *npmConfig) get(key string) (npmValue, bool) {
	v, ok := c.vals[key]
	return v, ok && v.text != "" && v.text != "null"
}

// path is a value that names a file: ~/ is the home folder.
func (c *npmConfig) path(key, dir, home string) (string, fault.Pos, bool) {
	v, ok := c.get(key)
	if !ok {
		return "", fault.Pos{}, false
	}
	p := v.text
	if rest, ok := strings.CutPrefix(filepath.ToSlash(p), "~/"); ok && home != "" {
		return filepath.Join(home, rest), v.pos, true
	}
	if !filepath.IsAbs(p) {
		p = filepath.Join(abs(dir), p)
	}
	return p, v.pos, true
}
