package diff3

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gitMerge is what git merge-file makes of three texts.
func gitMerge(t *testing.T, dir string, base, ours, theirs []byte) []byte {
	t.Helper()
	names := []string{"ours", "base", "theirs"}
	args := []string{"merge-file", "-p", "-q", "--diff3"}
	for i, text := range [][]byte{ours, base, theirs} {
		args = append(args, "-L", names[i])
		if err := os.WriteFile(filepath.Join(dir, names[i]), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("git", append(args, names...)...)
	cmd.Dir = dir
	out, err := cmd.Output()
	// Its exit code is the number of conflicts.
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() >= 128) {
		t.Fatal(err)
	}
	return out
}

func needGit(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git, the judge of this test, is not installed")
	}
}

var names = Labels{"ours", "base", "theirs"}

// TestAsGit makes texts by chance, edits each twice, and has git judge the merge.
// Few different lines make ambiguous texts, where the placing of runs tells.
func TestAsGit(t *testing.T) {
	t.Parallel()
	needGit(t)
	dir := t.TempDir()
	rounds := 400
	if testing.Short() {
		rounds = 60
	}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 16))
		words := []int{2, 4, 12, 60}[seed%4]
		base := randomText(r, 1+r.IntN(60), words)
		ours, theirs := edited(r, base, words), edited(r, base, words)
		if seed%5 == 0 {
			theirs = edited(r, ours, words) // they share changes
		}
		b, o, h := join(base), join(ours), join(theirs)
		if seed%7 == 0 {
			o = bytes.TrimSuffix(o, []byte("\n"))
		}
		want := gitMerge(t, dir, b, o, h)
		if got := Text(Merge(b, o, h), names); !bytes.Equal(got, want) {
			t.Fatalf("seed %d:\nbase\n%s\nours\n%s\ntheirs\n%s\ngot\n%s\ngit\n%s", seed, b, o, h, got, want)
		}
	}
}

func randomText(r *rand.Rand, n, words int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%sl%d", strings.Repeat(" ", r.IntN(2)), r.IntN(words))
	}
	return out
}

func edited(r *rand.Rand, text []string, words int) []string {
	out := append([]string{}, text...)
	for range 1 + r.IntN(5) {
		at := r.IntN(len(out) + 1)
		n := min(r.IntN(4), len(out)-at)
		out = append(out[:at:at], append(randomText(r, r.IntN(4), words), out[at+n:]...)...)
	}
	return out
}

func join(lines []string) []byte {
	if len(lines) == 0 {
		return nil
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}
