package snapshots

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

// process is portalctl as a process of its own.
type process struct {
	cmd   *exec.Cmd
	out   *bytes.Buffer
	ended chan struct{}
	err   error // of the process that has ended
}

// wait waits for the end.
func (r *process) wait() error {
	<-r.ended
	return r.err
}

func (p *snapPortal) start(args ...string) *process {
	p.t.Helper()
	r := &process{cmd: exec.Command(program.Path(p.t, program.AsIs), p.args(args...)...), out: &bytes.Buffer{}, ended: make(chan struct{})}
	r.cmd.Env = p.environ
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.out
	// A terminal's Ctrl-C goes to a whole group.
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := r.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		r.err = r.cmd.Wait()
		close(r.ended)
	}()
	return r
}

// children are the processes below pid, with their command lines and, after two
// zero bytes, their environments.
func children(pid int) map[int]string {
	parents := map[int]int{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		parents[n], _ = strconv.Atoi(fields[1])
	}
	out := map[int]string{}
	for n := range parents {
		for at := n; at > 1; at = parents[at] {
			if parents[at] == pid {
				line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", n))
				environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", n))
				out[n] = string(line) + "\x00\x00" + string(environ)
				break
			}
		}
	}
	return out
}

// having are the command lines of the processes that were given a variable.
func having(variable string) map[int]string {
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

// clients are the processes that were given this portal's server by libpq's
// variables. Nobody but this test has that server, so that no other test's
// processes are among them.
func (p *snapPortal) clients() map[int]string {
	return having("PGPORT=" + strconv.Itoa(p.cluster.Port))
}

// mark gives what is started from now on a folder for temporary files of its own,
// by which its processes are known: they hand the variable on.
func (p *snapPortal) mark() string {
	mark := "TMPDIR=" + p.t.TempDir()
	p.environ = append(slices.DeleteFunc(p.environ, func(kv string) bool { return strings.HasPrefix(kv, "TMPDIR=") }), mark)
	return mark
}

// clientsAreSeen fails when clients does not see what runs.
func (p *snapPortal) clientsAreSeen() {
	p.t.Helper()
	var private pg.Private
	defer private.Close()
	access, err := private.Access(p.app())
	if err != nil {
		p.t.Fatal(err)
	}
	child, err := pg.Start(p.t.Context(), pg.Command{Path: p.cluster.Tools.Path("psql"), Access: access,
		Args: []string{"-X", "-w", "-d", "backstage_plugin_auth", "-c", "SELECT pg_sleep(3600)"}})
	if err != nil {
		p.t.Fatal(err)
	}
	defer child.Kill()
	if p.clients()[child.Pid()] == "" {
		p.t.Error("a psql that runs is not seen")
	}
}

// enlarge makes the catalog's dump take a while. No text is in it twice, so that
// a dump has half of its size, whichever way it is compressed.
func (p *snapPortal) enlarge(rows int) {
	pgtest.ExecAs(p.t, p.app(), "backstage_plugin_catalog",
		fmt.Sprintf("INSERT INTO entities (ref, doc) SELECT 'big' || i, (SELECT string_agg(md5(i || ' ' || g), '') FROM generate_series(1, 60) g) FROM generate_series(1, %d) i", rows))
}

func diedBy(state *os.ProcessState, sig syscall.Signal) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == sig
}
