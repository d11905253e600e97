package yarnzip_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/portalctl/portalctl/internal/testkit/testshared"
	"github.com/portalctl/portalctl/internal/yarnpatch"
	"github.com/portalctl/portalctl/internal/yarnzip"
)

// TestRealTarballs compares with what Yarn wrote into the locks of real
// portals, over a random but fixed sample of their packages and over all that
// Yarn patches:
//
//	PORTALCTL_REAL_TARBALLS=300 go test -run TestRealTarballs -v ./internal/yarnzip
//
// It downloads them from the registry that npm is configured for. A folder in
// PORTALCTL_TARBALL_DIR keeps them for the next run.
func TestRealTarballs(t *testing.T) {
	count, err := strconv.Atoi(os.Getenv("PORTALCTL_REAL_TARBALLS"))
	if err != nil || count <= 0 {
		t.Skip("set PORTALCTL_REAL_TARBALLS to a number of packages to download and compare")
	}
	reg := newRegistry(t)
	for _, corpus := range []string{"corpus/rhdh", "corpus/demo-1.43"} {
		t.Run(corpus, func(t *testing.T) {
			dir := testshared.Dir(t, corpus)
			plain, patched := lockEntries(t, filepath.Join(dir, "yarn.lock"))
			r := rand.New(rand.NewPCG(1, 2))
			r.Shuffle(len(plain), func(i, j int) { plain[i], plain[j] = plain[j], plain[i] })
			plain = plain[:min((count+1)/2, len(plain))]
			set := reg.builtins(t, yarnVersion(t, dir))
			compareAll(t, reg, plain, set)
			compareAll(t, reg, patched, set)
		})
	}
}

// locked is an entry of a lock that has a checksum, or a patch's hash.
type locked struct {
	name, version, checksum, hash string
}

func compareAll(t *testing.T, reg *registry, entries []locked, set *yarnpatch.BuiltinSet) {
	var mu sync.Mutex
	var equal, missing, hashes int
	var packed int64
	var g errgroup.Group
	g.SetLimit(8)
	for _, e := range entries {
		g.Go(func() error {
			tgz, err := reg.tarball(e.name, e.version)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				missing++
				t.Logf("%s@%s: %v", e.name, e.version, err)
				return nil
			}
			packed += int64(len(tgz))
			sum, hash, err := checksumOf(tgz, e, set)
			switch {
			case err != nil:
				t.Errorf("%s@%s: %v", e.name, e.version, err)
			case hash != e.hash:
				t.Errorf("%s@%s: patch hash %s, Yarn has %s", e.name, e.version, hash, e.hash)
			case e.checksum != "" && sum != e.checksum:
				t.Errorf("%s@%s: checksum %s, Yarn has %s", e.name, e.version, sum, e.checksum)
			case e.checksum == "":
				hashes++
			default:
				equal++
			}
			return nil
		})
	}
	_ = g.Wait()
	t.Logf("%d of %d checksums equal (%d MB packed), %d with a hash alone equal, %d could not be downloaded",
		equal, len(entries)-missing-hashes, packed>>20, hashes, missing)
	if equal+hashes == 0 {
		t.Error("nothing was compared")
	}
}

func checksumOf(tgz []byte, e locked, set *yarnpatch.BuiltinSet) (sum, hash string, err error) {
	ctx := context.Background()
	if e.hash == "" {
		sum, err = yarnzip.Checksum(ctx, tgz, e.name, yarnzip.Stored)
		return sum, "", err
	}
	p, ok, err := set.Patch(e.name, e.version)
	if err != nil || !ok {
		return "", "", fmt.Errorf("no patch: %w", err)
	}
	sum, err = yarnzip.ChecksumAt(ctx, bytes.NewReader(tgz), int64(len(tgz)), e.name, yarnzip.Stored, p, yarnzip.DefaultLimits())
	return sum, p.Hash, err
}

// lockEntries reads the npm entries of a lock and those with a builtin patch.
func lockEntries(t *testing.T, file string) (plain, patched []locked) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var e locked
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		line := strings.TrimSpace(s.Text())
		if rest, ok := strings.CutPrefix(line, "resolution: "); ok {
			e = parseResolution(strings.Trim(rest, `"`))
		}
		if rest, ok := strings.CutPrefix(line, "checksum: "); ok {
			e.checksum = rest
			if !strings.Contains(rest, "/") { // Yarn 4.0
				e.checksum = yarnzip.Stored + "/" + rest
			}
		}
		if line == "" && e.name != "" {
			if e.hash != "" {
				patched = append(patched, e)
			} else if strings.HasPrefix(e.checksum, yarnzip.Stored+"/") {
				plain = append(plain, e)
			}
			e = locked{}
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return plain, patched
}

func parseResolution(s string) locked {
	i := strings.Index(s[1:], "@") + 1
	name, ref := s[:i], s[i+1:]
	if v, ok := strings.CutPrefix(ref, "npm:"); ok && !strings.Contains(v, "::") {
		return locked{name: name, version: v}
	}
	_, params, ok := strings.Cut(ref, "#optional!builtin<compat/"+name+">::")
	if !ok {
		return locked{}
	}
	q, _ := url.ParseQuery(params)
	return locked{name: name, version: q.Get("version"), hash: q.Get("hash")}
}

func yarnVersion(t *testing.T, dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ PackageManager string }
	if err := json.Unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	_, v, ok := strings.Cut(p.PackageManager, "@")
	if !ok {
		t.Fatalf("no packageManager in %s", dir)
	}
	return v
}

// registry is the one that npm is configured for.
type registry struct {
	url, dir string
	client   *http.Client
}

func newRegistry(t *testing.T) *registry {
	out, err := exec.Command("npm", "config", "get", "registry").Output()
	if err != nil {
		t.Skip("npm, which knows the registry, cannot be run: ", err)
	}
	dir := os.Getenv("PORTALCTL_TARBALL_DIR")
	if dir == "" {
		dir = t.TempDir()
	}
	return &registry{
		url:    strings.TrimSuffix(strings.TrimSpace(string(out)), "/"),
		dir:    dir,
		client: &http.Client{Timeout: 5 * time.Minute},
	}
}

// tarball downloads one version and verifies it.
func (r *registry) tarball(name, version string) ([]byte, error) {
	file := filepath.Join(r.dir, strings.ReplaceAll(name, "/", "+")+"@"+version+".tgz")
	if b, err := os.ReadFile(file); err == nil {
		return b, nil
	}
	meta, err := r.get(r.url + "/" + strings.ReplaceAll(name, "/", "%2f") + "/" + version)
	if err != nil {
		return nil, err
	}
	var m struct {
		Dist struct{ Tarball, Integrity, Shasum string }
	}
	if err := json.Unmarshal(meta, &m); err != nil {
		return nil, err
	}
	b, err := r.get(m.Dist.Tarball)
	if err != nil {
		return nil, err
	}
	sum512, sum1 := sha512.Sum512(b), sha1.Sum(b)
	if !strings.Contains(m.Dist.Integrity, "sha512-"+base64.StdEncoding.EncodeToString(sum512[:])) &&
		m.Dist.Shasum != hex.EncodeToString(sum1[:]) {
		return nil, fmt.Errorf("integrity differs")
	}
	return b, os.WriteFile(file, b, 0o644)
}

func (r *registry) get(u string) ([]byte, error) {
	for try := 0; ; try++ {
		resp, err := r.client.Get(u)
		if err == nil {
			var b []byte
			b, err = io.ReadAll(resp.Body)
			resp.Body.Close()
			if err == nil && resp.StatusCode == http.StatusOK {
				return b, nil
			}
			if err == nil {
				err = fmt.Errorf("%s", resp.Status)
			}
		}
		if try == 3 {
			return nil, err
		}
		time.Sleep(time.Duration(try+1) * time.Second)
	}
}

// builtins are the patches of a version of Yarn, from its npm package.
func (r *registry) builtins(t *testing.T, version string) *yarnpatch.BuiltinSet {
	tgz, err := r.tarball("@yarnpkg/cli-dist", version)
	if err != nil {
		t.Fatal(err)
	}
	gz, err := gzip.NewReader(bytes.NewReader(tgz))
	if err != nil {
		t.Fatal(err)
	}
	tr := tar.NewReader(gz)
	for {
		h, err := tr.Next()
		if err != nil {
			t.Fatal(err)
		}
		if h.Name != "package/bin/yarn.js" {
			continue
		}
		cjs, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		set, err := yarnpatch.Builtins(cjs)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
}
