//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

const (
	chatInit = "exports.up = async k => { await k.schema.createTable('m', t => { t.text('body'); }); }; exports.down = async k => { await k.schema.dropTable('m'); };"
	chatDrop = "exports.up = async k => { await k.schema.alterTable('m', t => { t.dropColumn('body'); }); }; exports.down = async () => {};"
)

// forecastPortal is a portal whose backend has one plugin, which moves from 1.0.0 to
// 2.0.0. files are those of the target's tarball.
func forecastPortal(t *testing.T, port string, files ...npmregistry.File) (dir string, r *npmregistry.Registry, environ []string) {
	t.Helper()
	r = npmregistry.New(t)
	const name = "@backstage/plugin-chat-backend"
	for version, list := range map[string][]npmregistry.File{"1.0.0": {{"package/migrations/1_init.js", chatInit}}, "2.0.0": files} {
		m := map[string]any{"name": name, "version": version, "backstage": map[string]any{"role": "backend-plugin", "pluginId": "chat"}}
		r.PublishAs(m, npmregistry.Pack(m, list...))
	}
	dir = t.TempDir()
	if err := errors.Join(
		plant(dir, "manifest.json", `{"releaseVersion":"1.99.0","packages":[{"name":"`+name+`","version":"2.0.0"}]}`),
		plant(dir, "portal/backstage.json", `{"version":"1.98.0"}`),
		plant(dir, "portal/app-config.yaml", "backend: {database: {client: pg, connection: {host: 127.0.0.1, port: "+port+", user: u, password: hush}}}\n"),
		plant(dir, "portal/package.json", `{"name":"root","workspaces":["packages/*"]}`),
		plant(dir, "portal/packages/backend/package.json", `{"name":"backend","backstage":{"role":"backend"},"dependencies":{"`+name+`":"^1.0.0"}}`),
		plant(dir, "portal/yarn.lock", "__metadata:\n  version: 8\n\n\""+name+"@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \""+name+"@npm:1.0.0\"\n  languageName: node\n  linkType: hard\n"),
	); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "portal"), r, []string{"HOME=" + t.TempDir(), "YARN_HTTP_RETRY=0", "YARN_NPM_REGISTRY_SERVER=" + r.URL, "NO_PROXY=127.0.0.1",
		"YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1", "BACKSTAGE_MANIFEST_FILE=" + filepath.Join(dir, "manifest.json"), "PORTALCTL_CACHE_DIR=" + t.TempDir()}
}

// forecastSays runs a forecast and gives one line for each thing in it.
func forecastSays(t *testing.T, dir string, environ []string) string {
	t.Helper()
	code, out, errOut := run0(t, "", environ, "snapshot", "forecast", "-C", dir, "--format", "json")
	var report struct {
		Plugins []struct {
			Migrations []struct {
				Name   string
				Does   []string
				Places []string
			}
			Missing, Invalid []string
		}
		Unknown []struct{ Package, Why string }
	}
	if err := json.Unmarshal([]byte(out), &report); code != 0 || err != nil {
		t.Fatalf("exit %d, %v\n%s%s", code, err, out, errOut)
	}
	var said []string
	for _, p := range report.Plugins {
		for _, m := range p.Migrations {
			said = append(said, m.Name+" does "+strings.Join(m.Does, ",")+" "+strings.Join(m.Places, ";"))
		}
		for _, m := range append(p.Missing, p.Invalid...) {
			said = append(said, m+" is refused")
		}
	}
	for _, u := range report.Unknown {
		said = append(said, u.Package+": "+u.Why)
	}
	if strings.Contains(out+errOut, "hush") {
		t.Errorf("the password is shown:\n%s%s", out, errOut)
	}
	return strings.Join(said, "\n")
}

// What cannot be read of the packages is named: it is never said that nothing will
// run.
func TestForecastBadInput(t *testing.T) {
	t.Parallel()
	initial := npmregistry.File{"package/migrations/1_init.js", chatInit}
	drop := npmregistry.File{"package/migrations/2_drop.js", chatDrop}
	const tarball = "/@backstage/plugin-chat-backend/-/plugin-chat-backend-2.0.0.tgz"
	for name, c := range map[string]struct {
		files []npmregistry.File
		spoil func(r *npmregistry.Registry)
		want  []string
	}{
		"all is well": {[]npmregistry.File{initial, drop}, nil, []string{"2_drop.js does drop "}},
		"no gzip": {[]npmregistry.File{initial, drop}, func(r *npmregistry.Registry) {
			r.PublishAs(map[string]any{"name": "@backstage/plugin-chat-backend", "version": "2.0.0"}, []byte("no gzip"))
		}, []string{"plugin-chat-backend: 2.0.0: "}},
		"cut off": {[]npmregistry.File{initial, drop}, func(r *npmregistry.Registry) {
			r.Fail(tarball, -1, npmregistry.Cut("application/octet-stream", strings.Repeat("x", 4096)))
		}, []string{"plugin-chat-backend: it could not be read"}},
		"gone": {[]npmregistry.File{initial, drop}, func(r *npmregistry.Registry) {
			r.Fail(tarball, -1, npmregistry.Status(http.StatusNotFound))
		}, []string{"plugin-chat-backend: "}},
		"private": {[]npmregistry.File{initial, drop}, func(r *npmregistry.Registry) {
			r.Fail(tarball, -1, npmregistry.Status(http.StatusForbidden))
		}, []string{"plugin-chat-backend: the registry refuses access to it"}},
		"a bomb":             {[]npmregistry.File{initial, {"package/migrations/2_big.js", strings.Repeat("//\n", 6<<20)}}, nil, []string{"plugin-chat-backend: 2.0.0: "}},
		"a file of its own":  {[]npmregistry.File{initial, {"package/migrations/2_big.js", strings.Repeat("//\n", 200<<10)}}, nil, []string{"2_big.js does unknown migrations/2_big.js: it has more than 512 kB"}},
		"a way out":          {[]npmregistry.File{initial, drop, {"package/migrations/../../migrations/3_out.js", chatDrop}}, nil, []string{"2_drop.js does drop"}},
		"not JavaScript":     {[]npmregistry.File{initial, {"package/migrations/2_x.js", "this is = = not"}}, nil, []string{"2_x.js does unknown migrations/2_x.js:1: it is not JavaScript"}},
		"TypeScript":         {[]npmregistry.File{initial, {"package/migrations/2_x.ts", "export const up = async (k: Knex): Promise<void> => {}"}}, nil, []string{"2_x.ts does unknown migrations/2_x.ts: it is TypeScript"}},
		"minified":           {[]npmregistry.File{initial, {"package/migrations/2_x.js", "var a=async e=>{await e.schema.dropTable(`m`)};exports.up=a,exports.down=async()=>{}"}}, nil, []string{"2_x.js does drop "}},
		"the same name":      {[]npmregistry.File{initial, drop, {"package/dist/migrations/2_drop.js", chatInit}, {"package/dist/migrations/1_init.js", chatInit}}, nil, []string{"2_drop.js does drop", "2_drop.js does add"}},
		"a name that is new": {[]npmregistry.File{{"package/migrations/1_renamed.js", chatInit}}, nil, []string{"1_renamed.js does add", "1_init.js is refused"}},
		"half a migration":   {[]npmregistry.File{initial, {"package/migrations/2_x.js", "exports.up = async k => { await k('m').del(); }"}}, nil, []string{"2_x.js does rewrite", "2_x.js is refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, r, environ := forecastPortal(t, "1", c.files...)
			if c.spoil != nil {
				c.spoil(r)
			}
			said := forecastSays(t, dir, environ)
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not in\n%s", want, said)
				}
			}
			if strings.Contains(said, "3_out") {
				t.Errorf("what lies outside of the package was read:\n%s", said)
			}
		})
	}
}

// A server that ends in the middle of an answer, speaks nonsense or refuses is
// named, and the files tell the rest.
func TestForecastBadServer(t *testing.T) {
	t.Parallel()
	ready := func(conn net.Conn) *pgproto3.Backend {
		server := pgproto3.NewBackend(conn, conn)
		if _, err := server.ReceiveStartupMessage(); err != nil {
			return nil
		}
		server.Send(&pgproto3.AuthenticationOk{})
		server.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if server.Flush() != nil {
			return nil
		}
		_, _ = server.Receive()
		return server
	}
	for name, c := range map[string]struct {
		answer func(net.Conn)
		want   string
	}{
		"ends at once":  {func(net.Conn) {}, "127.0.0.1:"},
		"speaks HTTP":   {func(conn net.Conn) { _, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }, "127.0.0.1:"},
		"ends half-way": {func(conn net.Conn) { ready(conn) }, "127.0.0.1:"},
		"refuses to say": {func(conn net.Conn) {
			if server := ready(conn); server != nil {
				server.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "42501", Message: "permission denied"})
				server.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
				_ = server.Flush()
				_, _ = server.Receive()
			}
		}, "permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
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
						c.answer(conn)
					}()
				}
			}()
			dir, _, environ := forecastPortal(t, strconv.Itoa(l.Addr().(*net.TCPAddr).Port),
				npmregistry.File{"package/migrations/1_init.js", chatInit}, npmregistry.File{"package/migrations/2_drop.js", chatDrop})
			said := forecastSays(t, dir, environ)
			if !strings.Contains(said, "2_drop.js does drop") || !strings.Contains(said, c.want) {
				t.Errorf("%q is not in\n%s", c.want, said)
			}
		})
	}
}

// A lock without an entry tells nothing: what it lacks is not new to the portal, and no
// number may be made of it.
func TestEmptiedLockTellsNothing(t *testing.T) {
	t.Parallel()
	dir, _, environ := forecastPortal(t, "1", npmregistry.File{"package/migrations/1_init.js", chatInit})
	for _, lock := range []string{"", "# yarn lockfile v1\n", "__metadata:\n  version: 8\n"} {
		must(t, plant(dir, "yarn.lock", lock))
		for _, command := range [][]string{{"snapshot", "forecast"}, {"versions", "changes"}} {
			code, out, errOut := run0(t, "", environ, append(command, "-C", dir)...)
			if code != 2 || out != "" || !strings.Contains(errOut, "yarn.lock: the lock is empty, and package.json has dependencies") {
				t.Errorf("%v with the lock %q: %d, %s%s", command, lock, code, out, errOut)
			}
		}
	}
}
