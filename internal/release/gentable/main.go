// Command gentable writes internal/release/table.bin, the manifests of the
// releases that portalctl knows without a network, from a mirror of the versions
// host on disk:
//
//	go run ./internal/release/gentable -from DIR
//
// DIR is laid out as the host is: v1/releases/X/manifest.json. The format is
// described in internal/release/table.go.
package main

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
)

func main() {
	from := flag.String("from", "", "mirror of the versions host: the `DIR` above v1")
	to := flag.String("to", "internal/release/table.bin", "`FILE` to write")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "gentable:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	releases, err := read(from)
	if err != nil {
		return err
	}
	out, err := encode(releases)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, out, 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d releases, %d bytes\n", to, len(releases), len(out))
	return nil
}

type manifest struct {
	version  *semver.Version
	packages map[string]string
}

// read reads all manifests of the mirror, in the order of their versions.
func read(from string) ([]manifest, error) {
	files, err := filepath.Glob(filepath.Join(from, "v1", "releases", "*", "manifest.json"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s has no v1/releases/X/manifest.json; name a mirror with -from", from)
	}
	var list []manifest
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var raw struct {
			ReleaseVersion string
			Packages       []struct{ Name, Version string }
		}
		if err := json.Unmarshal(src, &raw); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		m := manifest{packages: map[string]string{}}
		if m.version, err = semrange.ParseVersion(raw.ReleaseVersion); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, p := range raw.Packages {
			m.packages[p.Name] = p.Version
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b manifest) int { return semrange.Compare(a.version, b.version) })
	return list, nil
}

func encode(releases []manifest) ([]byte, error) {
	names := map[string]bool{}
	for _, m := range releases {
		for name := range m.packages {
			names[name] = true
		}
	}
	var b []byte
	b = binary.AppendUvarint(b, uint64(len(releases)))
	for _, m := range releases {
		b = appendText(b, m.version.Original())
	}
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, name := range slices.Sorted(maps.Keys(names)) {
		col, err := column(releases, name)
		if err != nil {
			return nil, err
		}
		b = appendText(b, name)
		b = binary.AppendUvarint(b, uint64(len(col)))
		b = append(b, col...)
	}
	return b, nil
}

// column is the versions of one package as runs of releases.
func column(releases []manifest, name string) ([]byte, error) {
	var b []byte
	var last [3]uint64
	for i := 0; i < len(releases); {
		version := releases[i].packages[name]
		n := 1
		for i+n < len(releases) && releases[i+n].packages[name] == version {
			n++
		}
		i += n
		b = binary.AppendUvarint(b, uint64(n))
		if version == "" {
			b = append(b, 0)
			continue
		}
		v, err := semver.StrictNewVersion(version)
		if err != nil || v.Metadata() != "" {
			return nil, fmt.Errorf("%s has the version %q, which the table cannot hold", name, version)
		}
		b = appendStep(b, last, v)
		last = [3]uint64{v.Major(), v.Minor(), v.Patch()}
	}
	return b, nil
}

// maxNext is the highest next.N that fits beside a step in one byte.
const maxNext = 61

// appendStep writes a version as the step from the one before it.
func appendStep(b []byte, last [3]uint64, v *semver.Version) []byte {
	steps := [4][3]uint64{
		last,
		{last[0], last[1], last[2] + 1},
		{last[0], last[1] + 1, 0},
		{last[0] + 1, 0, 0},
	}
	part := slices.Index(steps[:], [3]uint64{v.Major(), v.Minor(), v.Patch()})
	pre := 0
	if v.Prerelease() != "" {
		pre = -1
		text, ok := strings.CutPrefix(v.Prerelease(), "next.")
		if n, err := strconv.Atoi(text); ok && err == nil && n >= 0 && n <= maxNext && strconv.Itoa(n) == text {
			pre = n + 1
		}
	}
	if part >= 0 && pre >= 0 {
		return append(b, byte(2+pre*4+part))
	}
	b = append(b, 1)
	b = binary.AppendUvarint(b, v.Major())
	b = binary.AppendUvarint(b, v.Minor())
	b = binary.AppendUvarint(b, v.Patch())
	return appendText(b, v.Prerelease())
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}
