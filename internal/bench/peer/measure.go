package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// sample is what one run of a command took.
type sample struct {
	wall, cpu time.Duration
	// rss is the peak of the largest process of the tree, in bytes.
	rss int64
	// requests that a local registry answered, where there is one.
	requests int
}

// measure runs a command to its end. Its output is kept for the error only.
func measure(dir string, env, argv []string, okCodes ...int) (sample, error) {
	self, err := os.Executable()
	if err != nil {
		return sample{}, err
	}
	note, err := os.CreateTemp("", "peerbench-run")
	if err != nil {
		return sample{}, err
	}
	defer os.Remove(note.Name())
	defer note.Close()
	cmd := exec.Command(self, append([]string{runArg, note.Name()}, argv...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	var s sample
	text, readErr := io.ReadAll(note)
	if readErr == nil {
		_, readErr = fmt.Sscan(string(text), &s.wall, &s.cpu, &s.rss)
	}
	if cmd.ProcessState != nil && slices.Contains(okCodes, cmd.ProcessState.ExitCode()) {
		err = nil
	}
	if err = errors.Join(err, readErr); err != nil {
		return s, fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, out.Bytes())
	}
	return s, nil
}

// runArg makes peerbench the small process that starts what is measured: on
// Linux the peak of a process counts from what its parent held when it forked,
// and the one that holds a registry's answers may be large.
const runArg = "run-and-note"

// runAndNote runs args[1:], writes what it took to the file args[0], and
// returns its exit code.
func runAndNote(args []string) int {
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	text := fmt.Sprintf("%d %d %d", wall, cpu, maxRSS(cmd.ProcessState))
	if err := os.WriteFile(args[0], []byte(text), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	return cmd.ProcessState.ExitCode()
}

// series is the samples of one command.
type series []sample

func (s series) median(of func(sample) float64) float64 {
	values := make([]float64, len(s))
	for i, x := range s {
		values[i] = of(x)
	}
	slices.Sort(values)
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}

func wallMS(s sample) float64 { return float64(s.wall.Microseconds()) / 1000 }
func cpuMS(s sample) float64  { return float64(s.cpu.Microseconds()) / 1000 }
func rssMB(s sample) float64  { return float64(s.rss) / (1 << 20) }

// printPair writes one comparison; the ratio is of the medians, peer over ours.
func printPair(title, peerName string, ours, peer series) {
	fmt.Printf("%s (%d runs each)\n", title, len(ours))
	fmt.Printf("  %-28s %12s %12s %10s\n", "median", "portalctl", peerName, "ratio")
	for _, m := range []struct {
		name string
		of   func(sample) float64
	}{{"wall, ms", wallMS}, {"cpu, ms", cpuMS}, {"largest process, MB", rssMB}} {
		a, b := ours.median(m.of), peer.median(m.of)
		fmt.Printf("  %-28s %12.1f %12.1f %9.1f×\n", m.name, a, b, b/a)
	}
}

// build makes the portalctl that is measured: as released, without symbols and
// C library.
func build(dir string) (string, error) {
	bin := filepath.Join(dir, "portalctl")
	return bin, command("", []string{"CGO_ENABLED=0"}, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, "./cmd/portalctl")
}

// command runs a program whose output only its failure shows.
func command(dir string, env []string, argv ...string) error {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, out)
	}
	return nil
}
