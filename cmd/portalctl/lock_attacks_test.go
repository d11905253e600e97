//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/internal/testkit"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

// endless writes text again and again until the client has enough.
func endless(head, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, err := io.WriteString(w, head)
		block := strings.Repeat(text, 1+(1<<16)/len(text))
		for err == nil && req.Context().Err() == nil {
			_, err = io.WriteString(w, block)
		}
	}
}

// told is gain's packument with a text in another's place.
func told(oldNew ...string) func(p *lockPortal) string {
	return func(p *lockPortal) string {
		src := string(p.reg.Packument("gain"))
		for i := 0; i < len(oldNew); i += 2 {
			if !strings.Contains(src, oldNew[i]) {
				panic(src + " has no " + oldNew[i])
			}
			src = strings.ReplaceAll(src, oldNew[i], oldNew[i+1])
		}
		return src
	}
}

func just(text string) func(p *lockPortal) string { return func(*lockPortal) string { return text } }

// member changes what a packument says, as JSON.
func packumentWith(change func(doc, v120, dist map[string]any)) func(p *lockPortal) string {
	return func(p *lockPortal) string {
		var doc map[string]any
		if err := json.Unmarshal(p.reg.Packument("gain"), &doc); err != nil {
			panic(err)
		}
		v := doc["versions"].(map[string]any)["1.2.0"].(map[string]any)
		change(doc, v, v["dist"].(map[string]any))
		src, err := json.Marshal(doc)
		if err != nil {
			panic(err)
		}
		return string(src)
	}
}

func distWith(field string, value any) func(p *lockPortal) string {
	return packumentWith(func(_, _, dist map[string]any) {
		if dist[field] = value; value == nil {
			delete(dist, field)
		}
	})
}

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.String()
}

// What a registry may say of a package. The lock comes out right, or not at all.
func packumentAttacks() map[string]func(p *lockPortal) string {
	return map[string]func(p *lockPortal) string{
		"no name":                       told(`"name":"gain","time"`, `"time"`),
		"another name":                  told(`"name":"gain","time"`, `"name":"evil","time"`),
		"a version of another version":  packumentWith(func(_, v, _ map[string]any) { v["version"] = "6.6.6" }),
		"a version of another package":  packumentWith(func(_, v, _ map[string]any) { v["name"] = "evil" }),
		"versions with a v":             told(`"1.2.0":{`, `"v1.2.0":{`),
		"versions with build metadata":  told(`"1.2.0":{`, `"1.2.0+evil":{`),
		"versions with a space":         told(`"1.2.0":{`, `" 1.2.0":{`),
		"versions with a line break":    told(`"1.2.0":{`, `"1.2.0\n":{`),
		"versions with a zero":          told(`"1.2.0":{`, `"01.2.0":{`),
		"a version that is a path":      told(`"1.2.0":{`, `"../../1.2.0":{`),
		"versions are a list":           packumentWith(func(doc, _, _ map[string]any) { doc["versions"] = []string{"1.2.0"} }),
		"versions are a text":           packumentWith(func(doc, _, _ map[string]any) { doc["versions"] = "1.2.0" }),
		"versions are nothing":          packumentWith(func(doc, _, _ map[string]any) { doc["versions"] = nil }),
		"a version is a number":         packumentWith(func(doc, _, _ map[string]any) { doc["versions"].(map[string]any)["1.2.0"] = 1 }),
		"dist is a list":                packumentWith(func(_, v, _ map[string]any) { v["dist"] = []int{1} }),
		"no dist":                       packumentWith(func(_, v, _ map[string]any) { delete(v, "dist") }),
		"dependencies are a list":       packumentWith(func(_, v, _ map[string]any) { v["dependencies"] = []string{"evil"} }),
		"a dependency is a number":      packumentWith(func(_, v, _ map[string]any) { v["dependencies"] = map[string]any{"evil": 1} }),
		"a dependency of the prototype": packumentWith(func(_, v, _ map[string]any) { v["dependencies"] = map[string]any{"__proto__": "^1.0.0"} }),
		"a dependency on a folder":      packumentWith(func(_, v, _ map[string]any) { v["dependencies"] = map[string]any{"evil": "file:../../evil"} }),
		"a dependency on a portal":      packumentWith(func(_, v, _ map[string]any) { v["dependencies"] = map[string]any{"evil": "portal:/etc"} }),
		"a dependency on a script":      packumentWith(func(_, v, _ map[string]any) { v["dependencies"] = map[string]any{"evil": "exec:./evil.js"} }),
		"a dependency on git": packumentWith(func(_, v, _ map[string]any) {
			v["dependencies"] = map[string]any{"evil": "git+ssh://git@127.0.0.1:1/evil.git"}
		}),
		"a dependency on an address": packumentWith(func(_, v, _ map[string]any) {
			v["dependencies"] = map[string]any{"evil": "http://127.0.0.1:1/evil.tgz"}
		}),
		"a tag that is a list":               packumentWith(func(doc, _, _ map[string]any) { doc["dist-tags"] = map[string]any{"latest": []int{1}} }),
		"times are numbers":                  packumentWith(func(doc, _, _ map[string]any) { doc["time"] = map[string]any{"1.2.0": 1} }),
		"a tarball of a file":                distWith("tarball", "file:///etc/passwd"),
		"a tarball with a login":             distWith("tarball", "http://u:s3cret@127.0.0.1:1/gain.tgz"),
		"a tarball with a login and a query": distWith("tarball", "http://127.0.0.1:1/gain.tgz?token=s3cret"),
		"a tarball of another scheme":        distWith("tarball", "ext::sh -c true"),
		"a tarball without a scheme":         distWith("tarball", "//127.0.0.1:1/gain.tgz"),
		"a tarball that is a path":           distWith("tarball", "../../../../etc/passwd"),
		"a tarball that is a number":         distWith("tarball", 1),
		"no integrity":                       distWith("integrity", nil),
		"an empty integrity":                 distWith("integrity", ""),
		"an integrity of text":               distWith("integrity", "hunter2"),
		"an integrity of MD5":                distWith("integrity", "md5-1B2M2Y8AsgTpgAmY7PhCfg=="),
		"an integrity of other bytes":        distWith("integrity", npmregistry.Integrity([]byte("evil"))),
		"a wrong integrity and a right": packumentWith(func(_, _, d map[string]any) {
			d["integrity"] = npmregistry.Integrity([]byte("evil")) + " " + d["integrity"].(string)
		}),
		"an integrity that is a number":  distWith("integrity", 1),
		"members twice":                  told(`"name":"gain","time"`, `"versions":{},"name":"gain","time"`),
		"a byte order mark":              func(p *lockPortal) string { return "\ufeff" + string(p.reg.Packument("gain")) },
		"text after the end":             func(p *lockPortal) string { return string(p.reg.Packument("gain")) + `{"name":"evil"}` },
		"empty":                          just(""),
		"null":                           just("null"),
		"a list":                         just("[]"),
		"a number":                       just("1e999"),
		"UTF-16":                         just("\xff\xfe{\x00}\x00"),
		"deep lists":                     just(`{"name":"gain","versions":{"1.2.0":` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + `}}`),
		"deep objects":                   just(strings.Repeat(`{"versions":`, 1<<18) + "1" + strings.Repeat("}", 1<<18)),
		"deep, in a member nobody reads": just(`{"name":"gain","x":` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + `,"versions":{}}`),
		"a number of megabytes":          just(`{"name":"gain","versions":{"1.2.0":` + strings.Repeat("9", 8<<20) + `}}`),
		"gzip that nobody announced":     func(p *lockPortal) string { return gzipped(string(p.reg.Packument("gain"))) },
	}
}

// Handlers in the place of a packument.
var serverAttacks = map[string]func(p *lockPortal) http.HandlerFunc{
	"endless space":    func(*lockPortal) http.HandlerFunc { return endless("", " ") },
	"an endless text":  func(*lockPortal) http.HandlerFunc { return endless(`{"name":"gain","readme":"`, "x") },
	"endless versions": func(*lockPortal) http.HandlerFunc { return endless(`{"name":"gain","versions":{`, `"1.0.0":{},`) },
	"an endless list":  func(*lockPortal) http.HandlerFunc { return endless(`{"name":"gain","x":`, "[") },
	"a header of 16 MiB": func(*lockPortal) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 16<<20))
			_, _ = io.WriteString(w, "{}")
		}
	},
	"gzip twice": func(p *lockPortal) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip, gzip")
			_, _ = io.WriteString(w, gzipped(gzipped(string(p.reg.Packument("gain")))))
		}
	},
	"brotli": func(*lockPortal) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "br")
			_, _ = io.WriteString(w, "{}")
		}
	},
	"204":                        func(*lockPortal) http.HandlerFunc { return npmregistry.Status(204) },
	"206":                        func(*lockPortal) http.HandlerFunc { return npmregistry.Status(206, "Content-Range: bytes 0-1/9999") },
	"304 that nobody asked for":  func(*lockPortal) http.HandlerFunc { return npmregistry.Status(304) },
	"407":                        func(*lockPortal) http.HandlerFunc { return npmregistry.Status(407, "Proxy-Authenticate: Basic") },
	"a redirect to a file":       func(*lockPortal) http.HandlerFunc { return npmregistry.Redirect("file:///etc/passwd") },
	"a redirect to nowhere":      func(*lockPortal) http.HandlerFunc { return npmregistry.Status(302) },
	"a redirect to another kind": func(*lockPortal) http.HandlerFunc { return npmregistry.Redirect("ftp://127.0.0.1/gain") },
}

// A tarball may be anything that its integrity says: what is in it comes to lie
// nowhere, and its checksum is Yarn's or there is none. These are functions, as
// init_test.go has it.
func tarballAttacks() map[string][]byte {
	return map[string][]byte{
		"empty":               {},
		"text":                []byte("hunter2"),
		"gzip of text":        []byte(gzipped("hunter2")),
		"gzip twice":          []byte(gzipped(string(npmregistry.Tarball(npmregistry.File{"package/package.json", "{}"})))),
		"text behind":         append(npmregistry.Tarball(npmregistry.File{"package/package.json", "{}"}), "hunter2"...),
		"no file":             npmregistry.Tarball(),
		"a folder alone":      npmregistry.Tarball(npmregistry.File{"package/", ""}),
		"the same file twice": npmregistry.Tarball(npmregistry.File{"package/a", "1"}, npmregistry.File{"package/a", "2"}),
		"a file and a folder": npmregistry.Tarball(npmregistry.File{"package/a", "1"}, npmregistry.File{"package/a/b", "2"}),
		"an absolute path":    npmregistry.Tarball(npmregistry.File{"/etc/evil", "1"}),
		"a path up":           npmregistry.Tarball(npmregistry.File{"package/../../evil", "1"}),
		"a path up, Windows":  npmregistry.Tarball(npmregistry.File{`package\..\..\evil`, "1"}),
		"a drive":             npmregistry.Tarball(npmregistry.File{`package/C:\evil`, "1"}),
		"a name of 64 KiB":    npmregistry.Tarball(npmregistry.File{"package/" + strings.Repeat("x", 64<<10), "1"}),
		"100,000 folders":     npmregistry.Tarball(npmregistry.File{"package/" + strings.Repeat("x/", 100_000) + "y", "1"}),
	}
}

// TestLockHostileRegistry: `versions lock` comes out right or not at all, whatever
// the registry answers.
func TestLockHostileRegistry(t *testing.T) {
	testkit.SkipRace(t)
	t.Parallel()
	side := testkit.SideBySide(t)
	defer side.Wait()
	for name, text := range packumentAttacks() {
		side.Run("packument/"+name, func(t *testing.T) {
			p := newLockPortal(t)
			src := text(p)
			p.reg.Fail("/gain", -1, npmregistry.Body("application/json", src))
			p.rightOrRefused()
		})
	}
	for name, handler := range serverAttacks {
		side.Run("server/"+name, func(t *testing.T) {
			p := newLockPortal(t)
			p.reg.Fail("/gain", -1, handler(p))
			p.rightOrRefused()
		})
	}
	for name, tgz := range tarballAttacks() {
		side.Run("tarball/"+name, func(t *testing.T) {
			p := newLockPortal(t)
			m := map[string]any{"name": "gain", "version": "1.2.0", "dependencies": map[string]string{"inner": "^2.0.0"}}
			p.reg.PublishAs(m, tgz)
			p.after = "" // another checksum
			p.rightOrRefused()
		})
	}
}

// rightOrRefused runs every command that asks the registry: what it writes is the
// right lock or nothing, and it neither shows a secret nor the contents of a file.
func (p *lockPortal) rightOrRefused() {
	p.t.Helper()
	p.env = append(p.env, "YARN_HTTP_RETRY=0", "YARN_HTTP_TIMEOUT=3000", "YARN_NPM_AUTH_TOKEN=t0ken-secret")
	for _, args := range [][]string{
		{"versions", "lock", "--check"}, {"versions", "lock", "--dry-run"}, {"check", "--online"}, {"versions", "lock"},
	} {
		before := readTree(p.t, p.dir)
		code, out, errOut := run0(p.t, "", p.environ(), append(args[:len(args):len(args)], "-C", p.dir)...)
		harmlessText(p.t, p.t.Name(), args, out+errOut, false)
		if code != 0 && code != 1 && code != 2 || code == 2 && (!strings.HasPrefix(errOut, "error: ") || !strings.Contains(errOut, "\nnext: ")) {
			p.t.Errorf("%v: exit %d\n%s%s", args, code, out, errOut)
		}
		if strings.Contains(out+errOut, "t0ken-secret") || strings.Contains(out+errOut, "root:x:0") || strings.Contains(errOut, "s3cret") {
			p.t.Errorf("%v shows what it must not:\n%s%s", args, out, errOut)
		}
		after := readTree(p.t, p.dir)
		if d := cmp.Diff(before, after); d != "" && (len(args) > 2 || args[0] == "check" || code != 0) {
			p.t.Errorf("%v, exit %d, changed the tree:\n%s", args, code, d)
		}
		// What the registry does not say in a way that can be read is not there, so
		// that another version may be right.
		if lock := after["yarn.lock"]; lock != p.before && (strings.Contains(lock, "evil") || strings.Contains(lock, "6.6.6") || strings.Contains(lock, "..")) {
			p.t.Errorf("%v: not the right lock:\n%s", args, cmp.Diff(p.after, lock))
		}
	}
	p.noLitter()
}

// TestHostileReleases: so is what the host of releases says, for the commands
// that ask it.
func TestHostileReleases(t *testing.T) {
	t.Parallel()
	quote := func(s string) string { return fmt.Sprintf("%q", s) }
	manifest := func(version, packages string) string {
		return `{"releaseVersion":` + quote(version) + `,"packages":[` + packages + `]}`
	}
	for name, text := range map[string]string{
		"empty": "", "null": "null", "a list": "[]", "text": "hunter2", "HTML": "<!DOCTYPE html><title>Sign in</title>",
		"another release":         manifest("9.9.9", `{"name":"@backstage/core-plugin-api","version":"9.9.9"}`),
		"no release":              `{"packages":[{"name":"@backstage/core-plugin-api","version":"1.9.0"}]}`,
		"no packages":             manifest("1.1.0", ""),
		"packages are an object":  `{"releaseVersion":"1.1.0","packages":{"@backstage/core-plugin-api":"1.0.0"}}`,
		"a version with a v":      manifest("1.1.0", `{"name":"@backstage/core-plugin-api","version":"v1.9.0"}`),
		"a version is a range":    manifest("1.1.0", `{"name":"@backstage/core-plugin-api","version":"^1.9.0 || *"}`),
		"a version is an address": manifest("1.1.0", `{"name":"@backstage/core-plugin-api","version":"https://evil.example/x.tgz"}`),
		"a version is a file":     manifest("1.1.0", `{"name":"@backstage/core-plugin-api","version":"file:../../evil"}`),
		"no version":              manifest("1.1.0", `{"name":"@backstage/core-plugin-api"}`),
		"twice":                   manifest("1.1.0", `{"name":"@backstage/core-plugin-api","version":"1.9.0"},{"name":"@backstage/core-plugin-api","version":"6.6.6"}`),
		"a name with a path":      manifest("1.1.0", `{"name":"../../evil","version":"1.0.0"}`),
		"other people's names":    manifest("1.1.0", `{"name":"react","version":"6.6.6"}`),
		"deep":                    `{"releaseVersion":"1.1.0","packages":` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + "}",
	} {
		for _, args := range [][]string{{"versions", "status"}, {"versions", "bump", "--dry-run", "--lockfile", "skip", "--release", "1.1.0"}, {"versions", "bump", "--yes", "--lockfile", "skip", "--release", "1.1.0"}, {"check"}} {
			server := httptest.NewServer(npmregistry.Body("application/json", text))
			dir := t.TempDir()
			copyExample(t, dir)
			before := readTree(t, dir)
			env := append(exampleEnv(t)[1:], "BACKSTAGE_VERSIONS_BASE_URL="+server.URL, "NO_PROXY=127.0.0.1", "YARN_HTTP_RETRY=0")
			code, out, errOut := run0(t, "", env, append(args[:len(args):len(args)], "-C", dir)...)
			server.Close()
			if code == 2 && (!strings.HasPrefix(errOut, "error: ") || !strings.Contains(errOut, "\nnext: ")) || code > 2 {
				t.Errorf("%s, %v: exit %d\n%s%s", name, args, code, out, errOut)
			}
			after := readTree(t, dir)
			if d := cmp.Diff(before, after); d != "" && (code != 0 || args[len(args)-1] != "1.1.0" || args[2] != "--yes") {
				t.Errorf("%s, %v, exit %d: the tree changed\n%s", name, args, code, d)
			}
			for file, src := range after {
				if before[file] != src && (strings.Contains(src, "evil") || strings.Contains(src, "6.6.6") || strings.Contains(src, "v1.9.0") || strings.Contains(src, "||") || strings.Contains(src, "9.9.9")) {
					t.Errorf("%s, %v wrote into %s:\n%s", name, args, file, cmp.Diff(before[file], src))
				}
			}
		}
	}
}
