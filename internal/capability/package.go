package capability

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
)

// MaxFile is the largest file of code that is read, and maxCode how much code of one
// package is, in bytes. What is beyond is in Unread.
const (
	MaxFile = 4 << 20
	maxCode = 48 << 20
)

const tooLarge = "it has more than 4 MB"

// Reader makes the profile of a package from its files, in any order, one at a time:
// so a package need not be in memory as a whole.
type Reader struct {
	p    Profile
	code int
	// seen are what single files reach, for the scripts that run them.
	seen map[string][]Kind
	sums map[string][sha256.Size]byte
	gyp  []byte
	json []byte
}

// Wanted reports whether File has a use for a file's content.
func Wanted(name string) bool {
	return name == manifestFile || name == GypFile || isCode(name) || isScript(name)
}

const manifestFile = "package.json"

// GypFile makes package managers build an addon when the package is installed.
const GypFile = "binding.gyp"

// isCode tells files that Node or a bundler runs as JavaScript. TypeScript is not:
// Node does not read it below node_modules.
func isCode(name string) bool {
	switch path.Ext(name) {
	case ".js", ".cjs", ".mjs":
		return true
	}
	return false
}

// isScript tells files that an install script may run, and files without an
// extension, which may be anything.
func isScript(name string) bool {
	switch path.Ext(name) {
	case ".sh", ".bat", ".cmd", ".ps1", ".py":
		return true
	case "":
		base := path.Base(name)
		return strings.ToLower(base) == base && !strings.HasPrefix(base, ".")
	}
	return false
}

// Read is the profile of a package with these files, by their paths in it.
func Read(files map[string][]byte) *Profile {
	r := &Reader{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		r.File(name, int64(len(files[name])), files[name])
	}
	return r.Profile()
}

// File takes a file of the package, by its path in it. text may be nil for what
// Wanted refuses, and for what is larger than MaxFile.
func (r *Reader) File(name string, size int64, text []byte) {
	switch {
	case name == manifestFile && text == nil:
		r.p.unread(name, tooLarge)
		r.json = []byte("{}")
	case name == manifestFile:
		r.json = text
	case name == GypFile:
		r.gyp = text
	case program(name):
		r.p.add(Native, Place{File: name, What: path.Base(name)})
	case path.Ext(name) == ".wasm":
		r.p.add(Wasm, Place{File: name, What: path.Base(name)})
	}
	if r.sums == nil {
		r.sums, r.seen = map[string][sha256.Size]byte{}, map[string][]Kind{}
	}
	if text != nil && Wanted(name) {
		r.sums[name] = sha256.Sum256(text)
	}
	if isCode(name) || isScript(name) && nodeScript(text) {
		r.source(name, size, text)
	}
}

// Unread notes something of the package whose code was not read.
func (r *Reader) Unread(file, why string) { r.p.unread(file, why) }

// nodeScript tells programs for Node by their first line.
func nodeScript(text []byte) bool {
	line, _, _ := strings.Cut(string(text[:min(len(text), 200)]), "\n")
	return strings.HasPrefix(line, "#!") && strings.Contains(line, "node")
}

func (r *Reader) source(name string, size int64, text []byte) {
	switch {
	case size > MaxFile || text == nil:
		r.p.unread(name, tooLarge)
		return
	case r.code+len(text) > maxCode:
		r.p.unread(name, fmt.Sprintf("the package has more than %d MB of code", maxCode>>20))
		return
	}
	r.code += len(text)
	one := Profile{}
	read(&one, name, text)
	r.seen[name] = one.Reached()
	r.take(&one)
}

// take adds what one file has.
func (r *Reader) take(one *Profile) {
	p := &r.p
	p.Files += one.Files
	for _, u := range one.Unread {
		p.unread(u.File, u.Why)
	}
	for _, s := range one.Signs {
		p.sign(s.Key, s.Place)
	}
	for _, k := range Kinds {
		for _, at := range one.Uses[k] {
			p.add(k, at)
		}
		if extra := one.Counts[k] - len(one.Uses[k]); extra > 0 {
			p.Counts[k] += extra
		}
	}
}

// manifest is what package.json says that matters here; its values may be of any type.
type manifest struct {
	Scripts   map[string]any
	Backstage any
}

// Profile is what the files reach. The reader is done then.
func (r *Reader) Profile() *Profile {
	p := &r.p
	var m manifest
	if r.json == nil {
		p.unread(manifestFile, "it is missing")
	} else if err := json.Unmarshal(r.json, &m); err != nil {
		p.unread(manifestFile, "it cannot be read")
	}
	if b, ok := m.Backstage.(map[string]any); ok {
		p.Role, _ = b["role"].(string)
	}
	r.scripts(m)
	p.settle()
	return p
}

// scripts are those that npm or Yarn runs when a package is installed from a registry:
// preinstall, install, postinstall, and node-gyp for a binding.gyp where there is no
// install. That is Yarn's rule (4.18, jsInstallUtils.extractBuildRequest); npm spares
// packages with a preinstall or with "gypfile": false, too.
func (r *Reader) scripts(m manifest) {
	has := map[string]bool{}
	for _, name := range []string{"preinstall", "install", "postinstall"} {
		command, _ := m.Scripts[name].(string)
		if command = strings.TrimSpace(command); command == "" {
			continue
		}
		has[name] = true
		r.p.Scripts = append(r.p.Scripts, r.script(name, command))
	}
	if r.gyp != nil && !has["install"] {
		s := r.script(GypFile, strings.Join(gypCommands(r.gyp), "; "))
		sum := sha256.Sum256(r.gyp)
		s.Text = hex.EncodeToString(sum[:]) + s.Text
		r.p.Scripts = append(r.p.Scripts, s)
	}
}

// gypRuns are the commands that gyp runs while it reads a file.
var gypRuns = pattern.New(`<!@?\(([^"'\n]{1,400}?)\)["',\s]`)

func gypCommands(src []byte) []string {
	var out []string
	for _, m := range gypRuns().FindAllSubmatch(src[:min(len(src), 1<<20)], 20) {
		out = append(out, string(m[1]))
	}
	return out
}

// word are the parts of a command that may be names of files.
var word = pattern.New(`[A-Za-z0-9_@./\\-]+`)

// maxCommand is how much of a script is kept, in bytes.
const maxCommand = 500

func (r *Reader) script(name, command string) Script {
	s := Script{Name: name, Command: command}
	all := sha256.New()
	for _, w := range word().FindAllString(command, 200) {
		for _, file := range r.named(w) {
			if slices.Contains(s.Files, file) {
				continue
			}
			s.Files = append(s.Files, file)
			sum := r.sums[file]
			_, _ = all.Write(sum[:])
			for _, k := range r.seen[file] {
				if !slices.Contains(s.Reaches, k) {
					s.Reaches = append(s.Reaches, k)
				}
			}
		}
	}
	if len(s.Files) > 0 {
		s.Text = hex.EncodeToString(all.Sum(nil))
	}
	slices.SortFunc(s.Reaches, func(a, b Kind) int { return slices.Index(Kinds, a) - slices.Index(Kinds, b) })
	if len(s.Command) > maxCommand {
		s.Command = s.Command[:maxCommand] + "…"
	}
	return s
}

// named are the files that a word of a command may stand for, as Node finds them.
func (r *Reader) named(w string) []string {
	w = strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(w, `\`, "/")), "/")
	for _, file := range []string{w, w + ".js", w + ".cjs", w + ".mjs", w + "/index.js"} {
		if _, ok := r.sums[file]; ok && w != "" && (isCode(file) || isScript(file)) {
			return []string{file}
		}
	}
	return nil
}
