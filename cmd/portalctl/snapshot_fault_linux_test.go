package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portalctl/portalctl/internal/pg/pgtest"
	"github.com/portalctl/portalctl/snapshot"
)

// process is portalctl as a process of its own.
type process struct {
	cmd *exec.Cmd
	out *bytes.Buffer
}

func (p *snapPortal) start(args ...string) *process {
	p.t.Helper()
	r := &process{cmd: exec.Command(linkSelf(p.t, "portalctl"), p.args(args...)[1:]...), out: &bytes.Buffer{}}
	r.cmd.Env = p.environ
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.out
	// A terminal's Ctrl-C goes to a whole group.
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := r.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	return r
}

// children are the processes below pid, with their command lines.
func children(pid int) map[int]string {
	parents, lines := map[int]int{}, map[int]string{}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, d := range dirs {
		n, _ := strconv.Atoi(filepath.Base(d))
		stat, err := os.ReadFile(d + "/stat")
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		parents[n], _ = strconv.Atoi(fields[1])
		line, _ := os.ReadFile(d + "/cmdline")
		env, _ := os.ReadFile(d + "/environ")
		lines[n] = string(line) + "\x00\x00" + string(env)
	}
	out := map[int]string{}
	for n := range parents {
		for at := n; at > 1; at = parents[at] {
			if parents[at] == pid {
				out[n] = lines[n]
				break
			}
		}
	}
	return out
}

// enlarge makes the catalog's dump take a while. No text is in it twice, so that
// a dump has half of its size, whichever way it is compressed.
func (p *snapPortal) enlarge(rows int) {
	pgtest.ExecAs(p.t, p.app(), "backstage_plugin_catalog",
		fmt.Sprintf("INSERT INTO entities (ref, doc) SELECT 'big' || i, (SELECT string_agg(md5(i || ' ' || g), '') FROM generate_series(1, 60) g) FROM generate_series(1, %d) i", rows))
}

// gone waits until the processes have ended.
func gone(pids map[int]string) error {
	deadline := time.Now().Add(10 * time.Second)
	for pid, line := range pids {
		for {
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			if err != nil || bytes.Contains(stat, []byte(") Z ")) {
				break
			}
			if now, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); !strings.HasPrefix(line, string(now)) {
				break // another process with the number
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("process %d is left: %q", pid, strings.ReplaceAll(line[:min(len(line), 100)], "\x00", " "))
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return nil
}

// Create is ended by Ctrl-C, SIGTERM and SIGKILL at ten points each: there is
// no process left, nothing half-finished under a final name, and the next
// command removes what SIGKILL leaves.
func TestSnapshotCreateEnded(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("needs /proc")
	}
	if testing.Short() {
		t.Skip("takes thirty snapshots")
	}
	t.Parallel()
	p := newSnapPortal(t)
	p.enlarge(15000)
	start := time.Now()
	run := p.start("create", "--name", "whole")
	if err := run.cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, run.out)
	}
	whole := time.Since(start)
	ended := 0
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		for point := range 10 {
			name := fmt.Sprintf("%d-%d", sig, point)
			run := p.start("create", "--name", name)
			seen := map[int]string{}
			for begin := time.Now(); time.Since(begin) < whole*time.Duration(point+1)/11; time.Sleep(2 * time.Millisecond) {
				for pid, line := range children(run.cmd.Process.Pid) {
					seen[pid] = line
				}
			}
			for pid, line := range children(run.cmd.Process.Pid) {
				seen[pid] = line
			}
			_ = run.cmd.Process.Signal(sig)
			_ = run.cmd.Wait()
			if err := gone(seen); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			code := run.cmd.ProcessState.ExitCode()
			_, err := os.Stat(filepath.Join(p.dir, name))
			finished := err == nil
			if len(seen) == 0 && !finished && diedBy(run.cmd.ProcessState, sig) {
				code = 130 // so soon that main had not begun: a shell says the same
			}
			switch {
			case code == 0 && !finished || code != 0 && finished && sig != syscall.SIGKILL && code != 130:
				t.Errorf("%s: exit code %d, finished %v\n%s", name, code, finished, run.out)
			case sig != syscall.SIGKILL && code != 0 && code != 130:
				t.Errorf("%s: exit code %d\n%s", name, code, run.out)
			}
			if sig != syscall.SIGKILL {
				p.nothingLeft()
			}
			if code != 0 {
				ended++
			} else {
				// The machine has become quicker since: a whole run takes no
				// longer than this one was given.
				whole = whole * time.Duration(point+1) / 11
			}
			if strings.Contains(run.out.String(), dbPassword) {
				t.Errorf("%s prints the password", name)
			}
			if finished {
				p.must("verify", "--snapshot", name)
			}
		}
	}
	if ended < 20 {
		t.Errorf("only %d of 30 runs were ended: the points are too late", ended)
	}
	p.must("list")
	p.nothingLeft()
	all, err := snapshot.Store{Dir: p.dir}.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Damaged != nil {
			t.Errorf("%s: %v", s.Name(), s.Damaged)
		}
	}
	if n := pgtest.Value(t, p.cluster, "postgres", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'portalctl' AND backend_start < now() - interval '20 s'"); n != "0" {
		t.Errorf("%s sessions are left on the server", n)
	}
}

func diedBy(state *os.ProcessState, sig syscall.Signal) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == sig
}

// What SIGKILL leaves is named and removed by the next command, even one that
// only looks.
func TestSnapshotLeftover(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	p.must("create", "--name", "one")
	if err := os.MkdirAll(filepath.Join(p.dir, "two.partial"), 0o700); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := p.run("list")
	if code != 0 || strings.Contains(out, "two") || !strings.Contains(errOut, "removed") || !strings.Contains(errOut, "two.partial") {
		t.Errorf("%d %s %s", code, out, errOut)
	}
	p.nothingLeft()
}

func TestSnapshotTwoAtOnce(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	lock, err := snapshot.Store{Dir: p.dir}.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(p.dir, "first.partial"), 0o700); err != nil {
		t.Fatal(err)
	}
	code, _, errOut := p.run("create")
	if code != 2 || !strings.Contains(errOut, "another portalctl is at work") {
		t.Errorf("%d %s", code, errOut)
	}
	// Looking is allowed, and does not clean up under the other's hands.
	p.must("list")
	if _, err := os.Stat(filepath.Join(p.dir, "first.partial")); err != nil {
		t.Error("the folder that another portalctl writes was removed")
	}
	lock.Close()
	p.must("create")
	p.nothingLeft()
}

func TestSnapshotServerKilled(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	p.enlarge(40000)
	run := p.start("create", "--name", "one")
	waitForDump(t, p, run)
	p.cluster.Kill()
	_ = run.cmd.Wait()
	if code := run.cmd.ProcessState.ExitCode(); code != 2 {
		t.Errorf("exit code %d\n%s", code, run.out)
	}
	p.nothingLeft()
	if err := p.cluster.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(p.dir, "one")); err == nil {
		t.Error("half a snapshot has a final name")
	}
	p.must("create", "--name", "one")
	p.must("verify")
}

// waitForDump waits until the catalog's dump has begun.
func waitForDump(t *testing.T, p *snapPortal, run *process) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for time.Now().Before(deadline) {
		files, _ := filepath.Glob(filepath.Join(p.dir, "*.partial", "01-*"))
		if len(files) > 0 {
			if info, err := os.Stat(files[0]); err == nil && info.Size() > 0 {
				return
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	_ = run.cmd.Process.Kill()
	t.Fatalf("no dump began\n%s", run.out)
}

func TestSnapshotWrongPassword(t *testing.T) {
	t.Parallel()
	p := newSnapPortal(t)
	for i, kv := range p.environ {
		if strings.HasPrefix(kv, "DB_PASSWORD=") {
			p.environ[i] = "DB_PASSWORD=wr0ng-s3cret"
		}
	}
	code, out, errOut := p.run("create")
	if code != 2 || !strings.Contains(errOut, "password authentication failed") || strings.Contains(out+errOut, "wr0ng") {
		t.Errorf("%d\n%s%s", code, out, errOut)
	}
	p.nothingLeft()
}

// Planted secrets are nowhere: not in the command lines or environments of the
// children while they run, in the snapshot, in the output, or in what is left
// in the temporary folder.
func TestSnapshotSecrets(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("needs /proc")
	}
	t.Parallel()
	p := newSnapPortal(t)
	p.enlarge(15000)
	temp := t.TempDir()
	for i, kv := range p.environ {
		if strings.HasPrefix(kv, "TMPDIR=") {
			p.environ[i] = "TMPDIR=" + temp
		}
	}
	// A server that is made there runs as another user when the test is root.
	for _, dir := range []string{temp, filepath.Dir(temp)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.environ = append(p.environ, "PGPASSWORD=0ther-s3cret", "GITHUB_TOKEN=t0ken-s3cret", "PORTALCTL_ADMIN_DSN="+p.cluster.Target().DSN()+" password=adm1n-s3cret")
	planted := []string{dbPassword, "0ther-s3cret", "t0ken-s3cret", "adm1n-s3cret"}
	programs := map[string]bool{}
	for _, args := range [][]string{{"create", "--name", "one"}, {"verify", "--rehearse"}} {
		run := p.start(args...)
		ended := make(chan struct{})
		go func() { _ = run.cmd.Wait(); close(ended) }()
	sampling:
		for {
			for pid, line := range children(run.cmd.Process.Pid) {
				program, rest, _ := strings.Cut(line, "\x00")
				if filepath.Base(program) == "portalctl" {
					continue // between fork and exec the child is us
				}
				programs[filepath.Base(program)] = true
				for _, secret := range planted {
					if strings.Contains(rest, secret) {
						t.Errorf("process %d (%s) has %s in its command line or environment", pid, program, secret)
					}
				}
			}
			select {
			case <-ended:
				break sampling
			case <-time.After(2 * time.Millisecond):
			}
		}
		if code := run.cmd.ProcessState.ExitCode(); code != 0 {
			t.Fatalf("%v: %d\n%s", args, code, run.out)
		}
		for _, secret := range planted {
			if strings.Contains(run.out.String(), secret) {
				t.Errorf("%v prints %s", args, secret)
			}
		}
	}
	for _, want := range []string{"pg_dump", "pg_restore", "initdb"} {
		if !programs[want] {
			t.Errorf("%s was not seen while it ran: %v", want, programs)
		}
	}
	for _, dir := range []string{p.dir, temp, envValue(p.environ, "HOME"), envValue(p.environ, "PORTALCTL_CACHE_DIR")} {
		_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil
			}
			src, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
			}
			if strings.HasSuffix(path, ".zst") {
				whole := filepath.Join(t.TempDir(), "whole")
				if err := snapshot.Decompress(context.Background(), path, whole); err != nil {
					t.Error(err)
				}
				if src, err = os.ReadFile(whole); err != nil {
					t.Error(err)
				}
			}
			for _, secret := range planted {
				if bytes.Contains(src, []byte(secret)) {
					t.Errorf("%s holds %s", path, secret)
				}
			}
			return nil
		})
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left in the temporary folder: %v", left)
	}
}

func envValue(environ []string, name string) string {
	for _, kv := range environ {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}
