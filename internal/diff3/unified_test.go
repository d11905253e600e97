package diff3

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestUnifiedApplies has git apply read what Unified writes, and give back every byte.
func TestUnifiedApplies(t *testing.T) {
	t.Parallel()
	needGit(t)
	files := map[string][2][]byte{
		"made.txt":       {nil, []byte("a\nb")},
		"empty-made":     {nil, {}},
		"gone.txt":       {[]byte("a\nb\n"), nil},
		"crlf.txt":       {[]byte("a\r\nb\r\nc\r\n"), []byte("a\r\nx\r\nc\r\n")},
		"no-newline":     {[]byte("a\nb"), []byte("a\nb\n")},
		"dir/ün \"1\".x": {[]byte("a\n"), []byte("b\n")},
		"binary":         {nil, append([]byte("a\x00\r\n"), bytes.Repeat([]byte("0123456789"), 999)...)},
		"binary2":        {[]byte("\x00old"), []byte("\x00new\n")},
		"lone-cr":        {[]byte("a\rb\n"), []byte("a\rc\n")},
		"hidden":         {nil, []byte("a\u202eb\x1b[0m\xff\n")},
		"binary-gone":    {[]byte("\x00old"), nil},
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"r1", "r2", "r3", "r4"} {
		base := randomText(r, 120, 30)
		files[name] = [2][]byte{join(base), join(edited(r, edited(r, base, 30), 30))}
	}
	dir := t.TempDir()
	git := func(stdin []byte, args ...string) []byte {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return out
	}
	git(nil, "init", "-q")
	var patch []byte
	for name, f := range files {
		if f[0] != nil {
			at := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at, f[0], 0o600); err != nil {
				t.Fatal(err)
			}
		}
		patch = append(patch, Unified(name, f[0], f[1])...)
	}
	git(patch, "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-")
	for name, f := range files {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if f[1] == nil {
			if !os.IsNotExist(err) {
				t.Errorf("%s is still there (%v)", name, err)
			}
			continue
		}
		if err != nil || !bytes.Equal(got, f[1]) {
			t.Errorf("%s: %v, %d bytes instead of %d", name, err, len(got), len(f[1]))
		}
	}
	if Unified("x", []byte("a"), []byte("a")) != nil {
		t.Error("a diff of nothing")
	}
}
