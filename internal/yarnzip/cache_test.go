package yarnzip_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yarnzip"
)

func sumOf(c byte) string { return yarnzip.Stored + "/" + strings.Repeat(string(c), 128) }

func key(name string) yarnzip.Key {
	return yarnzip.Key{Name: name, Version: "1.0.0", CacheKey: yarnzip.Stored, Integrity: "sha512-" + name}
}

func put(t *testing.T, c *yarnzip.Cache, k yarnzip.Key, sum string) {
	t.Helper()
	if err := c.Put(k, sum); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, c *yarnzip.Cache, k yarnzip.Key, want string) {
	t.Helper()
	got, ok := c.Get(k)
	if got != want || ok != (want != "") {
		t.Errorf("Get(%+v) = %q, %v; want %q", k, got, ok, want)
	}
}

func onlyFile(t *testing.T, dir string) string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("want one file in the cache, got %v, %v", files, err)
	}
	return filepath.Join(dir, files[0].Name())
}

func TestCacheKeeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "for-it")
	c := &yarnzip.Cache{Dir: dir}
	check(t, c, key("a"), "")
	put(t, c, key("a"), sumOf('1'))
	put(t, c, key("@s/b"), sumOf('2'))
	patched := key("a")
	patched.Patch = "abc"
	put(t, c, patched, sumOf('3'))
	check(t, c, key("a"), sumOf('1'))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}

	c = &yarnzip.Cache{Dir: dir}
	check(t, c, key("a"), sumOf('1'))
	check(t, c, key("@s/b"), sumOf('2'))
	check(t, c, patched, sumOf('3'))
	for _, change := range []func(*yarnzip.Key){
		func(k *yarnzip.Key) { k.Name = "aa" },
		func(k *yarnzip.Key) { k.Version = "1.0.1" },
		func(k *yarnzip.Key) { k.CacheKey = "10" },
		func(k *yarnzip.Key) { k.Integrity = "sha512-tampered" },
		func(k *yarnzip.Key) { k.Patch = "abd" },
	} {
		k := key("a")
		change(&k)
		check(t, c, k, "")
	}
	put(t, c, key("a"), sumOf('4'))
	check(t, &yarnzip.Cache{Dir: dir}, key("a"), sumOf('4'))
}

func TestCacheRefuses(t *testing.T) {
	dir := t.TempDir()
	c := &yarnzip.Cache{Dir: dir}
	unbound := key("a")
	unbound.Integrity = ""
	spaced := key("a b")
	broken := key("a\nb")
	for _, k := range []yarnzip.Key{unbound, spaced, broken} {
		put(t, c, k, sumOf('1'))
		check(t, c, k, "")
	}
	for _, sum := range []string{"", yarnzip.Stored, "10/" + strings.Repeat("1", 128), yarnzip.Stored + "/" + strings.Repeat("X", 128), sumOf('1') + "1"} {
		put(t, c, key("a"), sum)
	}
	check(t, c, key("a"), "")
	if files, _ := os.ReadDir(dir); len(files) > 0 {
		t.Errorf("%s was written", files[0].Name())
	}
	nowhere := &yarnzip.Cache{}
	put(t, nowhere, key("a"), sumOf('1'))
	check(t, nowhere, key("a"), "")
}

func TestCacheIgnoresDamage(t *testing.T) {
	dir := t.TempDir()
	c := &yarnzip.Cache{Dir: dir}
	put(t, c, key("a"), sumOf('1'))
	put(t, c, key("b"), sumOf('2'))
	_ = c.Close()
	file := onlyFile(t, dir)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data string
		a, b string
	}{
		"a digit of the sum":  {strings.Replace(string(whole), "1111", "1121", 1), "", sumOf('2')},
		"another version":     {strings.Replace(string(whole), "a@1.0.0", "a@9.0.0", 1), "", sumOf('2')},
		"torn at the end":     {string(whole[:len(whole)-5]), sumOf('1'), ""},
		"rubbish in front":    {"\x00\xff rubbish\n" + string(whole), sumOf('1'), sumOf('2')},
		"no line end between": {strings.Replace(string(whole), "\n\n", "", 1), "", ""},
		"empty":               {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(c.data), 0o600); err != nil {
				t.Fatal(err)
			}
			damaged := &yarnzip.Cache{Dir: dir}
			check(t, damaged, key("a"), c.a)
			check(t, damaged, key("b"), c.b)
			put(t, damaged, key("c"), sumOf('3'))
			_ = damaged.Close()
			check(t, &yarnzip.Cache{Dir: dir}, key("c"), sumOf('3'))
		})
	}
}

func TestCacheOfManyWriters(t *testing.T) {
	dir := t.TempDir()
	shared := &yarnzip.Cache{Dir: dir}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			c := shared
			if i%2 == 0 { // as another process would
				c = &yarnzip.Cache{Dir: dir}
				defer c.Close()
			}
			for j := range 50 {
				if err := c.Put(key(fmt.Sprintf("p%d-%d", i, j)), sumOf('a')); err != nil {
					t.Error(err)
				}
				c.Get(key(fmt.Sprintf("p%d-%d", i, j)))
			}
		})
	}
	wg.Wait()
	_ = shared.Close()
	c := &yarnzip.Cache{Dir: dir}
	for i := range 8 {
		for j := range 50 {
			check(t, c, key(fmt.Sprintf("p%d-%d", i, j)), sumOf('a'))
		}
	}
}

func TestCacheDropsTheOlderHalf(t *testing.T) {
	dir := t.TempDir()
	c := &yarnzip.Cache{Dir: dir}
	put(t, c, key("old"), sumOf('1'))
	_ = c.Close()
	file := onlyFile(t, dir)
	line, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	filler := strings.Repeat(strings.Repeat("x", 1023)+"\n", 32<<10)
	if err := os.WriteFile(file, []byte(string(line)+filler), 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, c, key("new"), sumOf('2'))
	_ = c.Close()
	c = &yarnzip.Cache{Dir: dir}
	put(t, c, key("newer"), sumOf('3'))
	_ = c.Close()
	onlyFile(t, dir) // no temporary file is left
	info, err := os.Stat(file)
	if err != nil || info.Size() > 20<<20 {
		t.Errorf("the file has %d bytes (%v)", info.Size(), err)
	}
	c = &yarnzip.Cache{Dir: dir}
	check(t, c, key("old"), "")
	check(t, c, key("new"), sumOf('2'))
	check(t, c, key("newer"), sumOf('3'))
}

func TestCacheThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := &yarnzip.Cache{Dir: dir}
	err := c.Put(key("a"), sumOf('1'))
	var f *fault.Error
	if !errors.As(err, &f) || f.Next == "" {
		t.Errorf("got %v, want a fault that says what to do", err)
	}
	check(t, c, key("a"), "")
}

func BenchmarkCacheLoad(b *testing.B) {
	dir := b.TempDir()
	c := &yarnzip.Cache{Dir: dir}
	for i := range 20_000 {
		k := key(fmt.Sprintf("@backstage/plugin-%d", i))
		k.Integrity = "sha512-" + strings.Repeat("A", 88)
		if err := c.Put(k, sumOf('a')); err != nil {
			b.Fatal(err)
		}
	}
	_ = c.Close()
	b.ReportAllocs()
	for b.Loop() {
		c := &yarnzip.Cache{Dir: dir}
		for i := range 2_000 {
			k := key(fmt.Sprintf("@backstage/plugin-%d", i))
			k.Integrity = "sha512-" + strings.Repeat("A", 88)
			if _, ok := c.Get(k); !ok {
				b.Fatal("missing")
			}
		}
	}
}
