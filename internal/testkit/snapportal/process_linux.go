package snapportal

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/internal/testkit/program"
)

// Process is portalctl as a process of its own.
type Process struct {
	Cmd   *exec.Cmd
	Out   *bytes.Buffer
	Ended chan struct{}
	err   error // of the process that has ended
}

// Wait waits for the end.
func (r *Process) Wait() error {
	<-r.Ended
	return r.err
}

// Start starts portalctl snapshot ARGS…
func (p *Portal) Start(args ...string) *Process {
	p.T.Helper()
	r := &Process{Cmd: exec.Command(program.Path(p.T, program.AsIs), p.args(args...)...), Out: &bytes.Buffer{}, Ended: make(chan struct{})}
	r.Cmd.Env = p.Environ
	r.Cmd.Stdout, r.Cmd.Stderr = r.Out, r.Out
	// A terminal's Ctrl-C goes to a whole group.
	r.Cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := r.Cmd.Start(); err != nil {
		p.T.Fatal(err)
	}
	go func() {
		r.err = r.Cmd.Wait()
		close(r.Ended)
	}()
	return r
}

// Children are the processes below pid, with their command lines and, after two
// zero bytes, their environments.
func Children(pid int) map[int]string {
	out := map[int]string{}
	for _, n := range below(pid) {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", n))
		environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", n))
		out[n] = string(line) + "\x00\x00" + string(environ)
	}
	return out
}

// below are the processes below pid. Those who look many times a second would need
// a core for it if they read of every process of the machine whose child it is.
func below(pid int) []int {
	var out []int
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/[0-9]*/children", pid))
	for _, file := range lists {
		list, _ := os.ReadFile(file)
		for _, field := range strings.Fields(string(list)) {
			n, _ := strconv.Atoi(field)
			out = append(append(out, n), below(n)...)
		}
	}
	return out
}

// Having are the command lines of the processes that were given a variable.
func Having(variable string) map[int]string {
	out := map[int]string{}
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		environ, err := os.ReadFile(file)
		if err != nil || !slices.Contains(strings.Split(string(environ), "\x00"), variable) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		line, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		out[pid] = strings.ReplaceAll(string(line), "\x00", " ")
	}
	return out
}

// Clients are the processes that were given this portal's server by libpq's
// variables. Nobody but this test has that server, so that no other test's
// processes are among them.
func (p *Portal) Clients() map[int]string {
	return Having("PGPORT=" + strconv.Itoa(p.Cluster.Port))
}

// Mark gives what is started from now on a folder for temporary files of its own,
// by which its processes are known: they hand the variable on.
func (p *Portal) Mark() string {
	mark := "TMPDIR=" + p.T.TempDir()
	p.Environ = append(slices.DeleteFunc(p.Environ, func(kv string) bool { return strings.HasPrefix(kv, "TMPDIR=") }), mark)
	return mark
}

// ClientsAreSeen fails when clients does not see what runs.
func (p *Portal) ClientsAreSeen() {
	p.T.Helper()
	var private pg.Private
	defer private.Close()
	access, err := private.Access(p.App())
	if err != nil {
		p.T.Fatal(err)
	}
	child, err := pg.Start(p.T.Context(), pg.Command{Path: p.Cluster.Tools.Path("psql"), Access: access,
		Args: []string{"-X", "-w", "-d", "backstage_plugin_auth", "-c", "SELECT pg_sleep(3600)"}})
	if err != nil {
		p.T.Fatal(err)
	}
	defer child.Kill()
	if p.Clients()[child.Pid()] == "" {
		p.T.Error("a psql that runs is not seen")
	}
}

// Enlarge makes the catalog's dump take a while. No text is in it twice, so that
// a dump has half of its size, whichever way it is compressed.
func (p *Portal) Enlarge(rows int) {
	pgtest.ExecAs(p.T, p.App(), "backstage_plugin_catalog",
		fmt.Sprintf("INSERT INTO entities (ref, doc) SELECT 'big' || i, (SELECT string_agg(encode(sha512((i || ' ' || g)::bytea), 'hex'), '') FROM generate_series(1, 15) g) FROM generate_series(1, %d) i", rows))
}

func DiedBy(state *os.ProcessState, sig syscall.Signal) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == sig
}
