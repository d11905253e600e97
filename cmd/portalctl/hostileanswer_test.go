//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit"
)

// hostileServer answers every request with raw bytes.
func hostileServer(t *testing.T, answer func(path string) string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if req, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					_, _ = conn.Write([]byte(answer(req.URL.Path)))
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// TestHostileAnswers: what servers answer, in the status, in a header, in a
// redirect, in a body that is what was asked for or is not, comes out as
// harmlessly as what a repository holds.
func TestHostileAnswers(t *testing.T) {
	testkit.SkipRace(t)
	for _, text := range hostile {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		line := strings.NewReplacer("\r", "", "\n", "").Replace(text)
		answer := func(head, body string) string {
			return "HTTP/1.1 " + head + "\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
		}
		q := string(quoted)
		packument := `{"name":` + q + `,"dist-tags":{"latest":` + q + `,` + q + `:"1.0.0"},"versions":{` + q + `:{"name":` + q + `,"version":` + q + `},"1.0.0":{"name":"a","version":"1.0.0","deprecated":` + q +
			`,"dependencies":{` + q + `:` + q + `},"dist":{"tarball":` + q + `,"integrity":` + q + `},"backstage":{"moved":` + q + `}}}}`
		manifest := `{"releaseVersion":` + q + `,"packages":[{"name":` + q + `,"version":` + q + `},{"name":"@backstage/core-plugin-api","version":` + q + `}]}`
		for name, raw := range map[string]string{
			"status":    answer("418 "+line+"\r\nContent-Type: text/html", text),
			"denied":    answer("403 "+line+"\r\nWWW-Authenticate: "+line+"\r\nContent-Type: application/json", `{"error":`+q+`,"message":`+q+`}`),
			"type":      answer("200 OK\r\nContent-Type: "+line, text),
			"encoding":  answer("200 OK\r\nContent-Encoding: "+line, text),
			"redirect":  answer("302 Found\r\nLocation: http://127.0.0.1:1/"+line, ""),
			"elsewhere": answer("302 Found\r\nLocation: "+line, ""),
			"no HTTP":   text + "\r\n" + text,
			"packument": answer("200 OK\r\nContent-Type: application/json", packument),
			"manifest":  answer("200 OK\r\nContent-Type: application/json", manifest),
			"cut":       answer("200 OK\r\nContent-Type: application/json", packument)[:200],
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				copyExample(t, dir)
				server := hostileServer(t, func(string) string { return raw })
				environ := []string{"HOME=" + t.TempDir(), "YARN_HTTP_RETRY=0", "YARN_NPM_REGISTRY_SERVER=" + server, "NO_PROXY=127.0.0.1"}
				for _, args := range [][]string{
					{"versions", "status"}, {"versions", "lock", "--check"}, {"versions", "bump", "--dry-run", "--release", "1.1.0"}, {"check", "--online"},
				} {
					base := exampleEnv(t)[0]
					if args[1] == "status" {
						base = "BACKSTAGE_VERSIONS_BASE_URL=" + server
					}
					env := append(environ[:len(environ):len(environ)], base, "PORTALCTL_CACHE_DIR="+t.TempDir())
					_, out, errOut := run0(t, "", env, append(args[:len(args):len(args)], "-C", dir)...)
					harmlessText(t, name+" "+text, args, out, false)
					harmlessText(t, name+" "+text, args, errOut, false)
				}
			})
		}
	}
}

// TestHostileAdvisories: so does what advisories say.
func TestHostileAdvisories(t *testing.T) {
	for _, text := range hostile {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		q := string(quoted)
		dir, db := t.TempDir(), t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "yarn.lock"), []byte("# yarn lockfile v1\n\nlodash@^4.0.0:\n  version \"4.17.0\"\n  resolved \"https://registry.yarnpkg.com/lodash/-/lodash-4.17.0.tgz#"+
			strings.Repeat("0", 40)+"\"\n  integrity sha512-"+strings.Repeat("A", 86)+"==\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"name":"root","dependencies":{"lodash":"^4.0.0"}}`), 0o644); err != nil {
			t.Fatal(err)
		}
		for id, record := range map[string]string{
			"GHSA-jf85-cpcp-j695": canary,
			"GHSA-aaaa-bbbb-cccc": `{"schema_version":` + q + `,"id":"GHSA-aaaa-bbbb-cccc","modified":"2026-01-01T00:00:00Z","summary":` + q + `,"details":` + q + `,"aliases":[` + q + `],"references":[{"type":` + q + `,"url":` + q +
				`}],"severity":[{"type":"CVSS_V3","score":` + q + `}],"affected":[{"package":{"ecosystem":"npm","name":"lodash"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"4.99.0"}]}],"database_specific":{"x":` + q + `}}],"database_specific":{"severity":` + q + `}}`,
			"MAL-2026-1": `{"schema_version":"1.7.3","id":"MAL-2026-1","modified":"2026-01-01T00:00:00Z","summary":` + q + `,"affected":[{"package":{"ecosystem":"npm","name":"lodash"},"versions":["4.17.0",` + q + `]}]}`,
		} {
			if err := os.WriteFile(filepath.Join(db, id+".json"), []byte(record), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, form := range auditForms() {
			args := []string{"audit", "--full", "--db", db, "-C", dir, "--format", form}
			code, out, errOut := run0(t, "", exampleEnv(t), args...)
			if code != 1 || !strings.Contains(out, "MAL-2026-1") {
				t.Errorf("%q, %s: %d, %s%s", text, form, code, out, errOut)
			}
			harmlessText(t, text, args, out, form == "github")
			harmlessText(t, text, args, errOut, false)
		}
	}
}
