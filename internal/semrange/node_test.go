package semrange

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/Masterminds/semver/v3"
)

// satisfies lifts a method of Range to version texts.
func satisfies(in func(Range, *semver.Version) bool) func(Range, string) bool {
	return func(r Range, s string) bool {
		v, err := ParseVersion(s)
		return err == nil && in(r, v)
	}
}

// nodeAnswer is what testdata/semver-server.js says about one pair.
type nodeAnswer struct {
	Valid   bool `json:"valid"`
	Version bool `json:"version"`
	Default bool `json:"default"`
	Pre     bool `json:"pre"`
	Peer    bool `json:"peer"`
}

// node is one long-lived node process that answers a JSON line per JSON line.
type node struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Reader
}

//go:embed testdata/semver-server.js
var serverJS string

// nodeSemver starts the peer, or skips where node or npm's semver is absent.
func nodeSemver(tb testing.TB) *node {
	tb.Helper()
	bin, err := exec.LookPath("node")
	if err != nil {
		tb.Skip("no node on PATH")
	}
	module := os.Getenv("PORTALCTL_NODE_SEMVER")
	if module == "" {
		real, err := filepath.EvalSymlinks(bin)
		if err != nil {
			tb.Skip(err)
		}
		for _, lib := range []string{"lib/node_modules", "node_modules"} {
			dir := filepath.Join(filepath.Dir(filepath.Dir(real)), filepath.FromSlash(lib), "npm", "node_modules", "semver")
			if _, err := os.Stat(dir); err == nil {
				module = dir
			}
		}
	}
	if module == "" {
		tb.Skip("npm's semver is not beside node: set PORTALCTL_NODE_SEMVER to its folder")
	}
	cmd := exec.Command(bin, "-e", serverJS, module)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Skipf("node does not start: %v", err)
	}
	tb.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	n := &node{in: in, out: bufio.NewReader(out)}
	// Older ones give "~1.2" another floor under includePrerelease.
	if a := n.ask(tb, "~1.2", "1.2.0-0"); !a.Pre {
		tb.Skip("the semver in " + module + " is older than 7.8.5: set PORTALCTL_NODE_SEMVER to the folder of a newer one")
	}
	return n
}

func (n *node) ask(tb testing.TB, rng, version string) nodeAnswer {
	tb.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.send(1, func(uint64) (string, string) { return rng, version })
	return n.receive(tb)
}

// send asks about many pairs at once; receive gets the answers in order.
func (n *node) send(cases uint64, pair func(uint64) (rng, version string)) {
	w := bufio.NewWriter(n.in)
	defer w.Flush()
	enc := json.NewEncoder(w)
	for i := range cases {
		rng, version := pair(i)
		if enc.Encode(map[string]string{"range": rng, "v": version}) != nil {
			return
		}
	}
}

func (n *node) receive(tb testing.TB) (a nodeAnswer) {
	tb.Helper()
	reply, err := n.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(reply, &a)
	}
	if err != nil {
		tb.Fatalf("node: %v in %q", err, reply)
	}
	return a
}

// ours is the same answer by this package.
func ours(rng, version string) nodeAnswer {
	r, err := Parse(rng)
	v, verr := ParseVersion(version)
	a := nodeAnswer{Valid: err == nil, Version: verr == nil}
	if err == nil && verr == nil {
		a.Default, a.Pre, a.Peer = r.Satisfies(v), r.satisfiesPre(v), r.SatisfiesPeer(v)
	}
	return a
}

func FuzzAgainstNode(f *testing.F) {
	peer := nodeSemver(f)
	seed(f)
	f.Fuzz(func(t *testing.T, rng, version string) {
		if strings.ToValidUTF8(rng, "") != rng || strings.ToValidUTF8(version, "") != version {
			t.Skip("JSON cannot carry it")
		}
		want := peer.ask(t, rng, version)
		if !want.Valid {
			// A range valid only with includePrerelease is an error of Parse.
			want.Pre, want.Peer = false, false
		}
		if got := ours(rng, version); got != want {
			t.Errorf("range %q, version %q\n got %+v\nnode %+v", rng, version, got, want)
		}
	})
}
