package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
)

// Credentials go to the registry and to nobody else, wherever it sends us.
func TestLockCredentialsStayHome(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	p.env = []string{"YARN_NPM_AUTH_TOKEN=s3cret", "YARN_NPM_ALWAYS_AUTH=true"}
	gain, tgz := p.reg.Packument("gain"), p.reg.Served(gainTarball)
	var strangers []*http.Request
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		strangers = append(strangers, req)
		if strings.HasSuffix(req.URL.Path, ".tgz") {
			npmregistry.Body("application/octet-stream", string(tgz))(w, req)
			return
		}
		npmregistry.Body("application/json", string(gain))(w, req)
	}))
	t.Cleanup(other.Close)
	p.reg.Fail("/gain", -1, npmregistry.Redirect(other.URL+"/gain"))
	p.reg.Fail(gainTarball, -1, npmregistry.Redirect(other.URL+"/gain.tgz"))
	p.mustBeRight("with redirects to another host")
	if len(strangers) != 2 {
		t.Fatalf("the other host got %d requests, want 2", len(strangers))
	}
	for _, req := range strangers {
		if a := req.Header.Get("Authorization"); a != "" {
			t.Errorf("%s: the other host got %q", req.URL, a)
		}
	}
	home := p.reg.Asked("/")
	if len(home) < 4 {
		t.Errorf("the registry got %d requests, want at least 4", len(home))
	}
	for _, req := range home {
		if a := req.Header.Get("Authorization"); a != "Bearer s3cret" {
			t.Errorf("%s: the registry got %q", req.URL, a)
		}
	}

	// A tarball that the packument has on another host gets none either.
	p.reset()
	p.reg.Heal()
	strangers = nil
	elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1) + "/files/gain-1.2.0.tgz"
	p.reg.Dist("gain@1.2.0", "tarball", elsewhere)
	p.env = append(p.env, "YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1;localhost")
	p.mustLock()
	if len(strangers) != 1 || strangers[0].Header.Get("Authorization") != "" {
		t.Errorf("the other host got %d requests, want 1 without credentials", len(strangers))
	}
	if !strings.Contains(p.lockText(), `resolution: "gain@npm:1.2.0::__archiveUrl=`) {
		t.Errorf("the lock does not say where the tarball is:\n%s", p.lockText())
	}

	// An error shows no token, neither from the settings nor from an address.
	p.reset()
	p.reg.Heal()
	p.reg.Fail("/gain", -1, npmregistry.Redirect("http://user:s3cret@127.0.0.1:1/gain?token=s3cret"))
	_, _, errOut := p.run()
	if strings.Contains(errOut, "s3cret") || !strings.Contains(errOut, "error: ") {
		t.Errorf("stderr: %s", errOut)
	}
}

// command is portalctl as a process of its own.
func (p *lockPortal) command(as string, args ...string) *exec.Cmd {
	p.t.Helper()
	cmd := exec.Command(linkSelf(p.t, as), args...)
	cmd.Args[0] = as
	cmd.Env = append(p.environ(), "PATH="+os.Getenv("PATH"))
	return cmd
}

// Two runs at once: each ends with the right lock, or says that another one is
// at work.
func TestLockTwiceAtOnce(t *testing.T) {
	t.Parallel()
	p := newLockPortal(t)
	for range 5 {
		p.reset()
		var wg sync.WaitGroup
		right := make([]bool, 2)
		for i := range right {
			cmd := p.command("portalctl", "versions", "lock", "-C", p.dir)
			var out, errOut bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errOut
			wg.Go(func() {
				err := cmd.Run()
				right[i] = err == nil
				if err != nil && (cmd.ProcessState.ExitCode() != 2 || out.Len() > 0 || !strings.Contains(errOut.String(), "\nnext: ")) {
					t.Errorf("%v, stdout %q, stderr %q", err, out.String(), errOut.String())
				}
			})
		}
		wg.Wait()
		if !right[0] && !right[1] {
			t.Error("neither run succeeded")
		}
		if p.lockText() != p.after {
			t.Errorf("wrong lock:\n%s", p.lockText())
		}
		p.noLitter()
		p.mustHeal()
	}
}
