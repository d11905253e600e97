package main

import (
	"archive/zip"
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/semrange"
)

// installed is a package of a lock, for which the synthetic database has
// advisories as a real one has.
type installed struct{ name, version string }

// The records of OSV's npm database as of 2026: some 250,000, nearly all of
// them about malware that nobody installs, and some 8,000 of GitHub's.
const (
	syntheticGHSA = 8000
	// One package of a lock in four has advisories, most of them fixed long ago.
	oneInFour = 4
	oneInTen  = 10
)

// generate writes a database of count records as OSV lays it out, the same for
// the same input: real records if there are any, then advisories in GitHub's
// shape about packages of the lock and about others, then malware.
func generate(path string, count int, real []string, lock []installed) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	buffered := bufio.NewWriterSize(f, 1<<20)
	g := &generator{zip: zip.NewWriter(buffered), rand: rand.New(rand.NewPCG(1, 250_000)), left: count}
	for _, file := range real {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		g.add(filepath.Base(file), text)
	}
	slices.SortFunc(lock, func(a, b installed) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.version, b.version))
	})
	for i, p := range lock {
		if i > 0 && lock[i-1].name == p.name || g.rand.IntN(oneInFour) != 0 {
			continue
		}
		for range 1 + g.rand.IntN(3) {
			g.ghsa(p.name, g.fixFor(p.version))
		}
	}
	for range syntheticGHSA {
		g.ghsa(g.name(), fmt.Sprintf("%d.%d.%d", g.rand.IntN(9), g.rand.IntN(20), g.rand.IntN(20)))
	}
	for g.left > 0 && g.err == nil {
		g.mal(g.name())
	}
	if g.err != nil {
		return g.err
	}
	if err := g.zip.Close(); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return f.Close()
}

type generator struct {
	zip     *zip.Writer
	rand    *rand.Rand
	left, n int
	err     error
}

func (g *generator) add(name string, text []byte) {
	if g.left == 0 || g.err != nil {
		return
	}
	g.left--
	w, err := g.zip.Create(name)
	if err == nil {
		_, err = w.Write(text)
	}
	g.err = err
}

func (g *generator) put(id string, record map[string]any) {
	g.n++
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(g.n) * 2 * time.Minute).Format(time.RFC3339)
	record["id"], record["schema_version"], record["modified"], record["published"] = id, "1.7.3", at, at
	text, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		g.err = err
		return
	}
	g.add(id+".json", text)
}

// fixFor is a fixed version: now and then one that is yet to be reached.
func (g *generator) fixFor(version string) string {
	v, err := semrange.ParseVersion(version)
	switch {
	case err != nil:
		return "0.0.1"
	case g.rand.IntN(oneInTen) == 0:
		return fmt.Sprintf("%d.0.0", v.Major()+1)
	case v.Major() > 0:
		return fmt.Sprintf("%d.%d.0", g.rand.Uint64N(v.Major()), g.rand.IntN(30))
	}
	return fmt.Sprintf("0.0.%d", g.rand.IntN(3))
}

var vectors = []string{
	"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
	"CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N",
}

// ghsa is a record in the shape of GitHub's.
func (g *generator) ghsa(name, fixed string) {
	cve := fmt.Sprintf("CVE-2025-%d", 10_000+g.n)
	g.put(fmt.Sprintf("GHSA-%s-%s-%s", g.word(4), g.word(4), g.word(4)), map[string]any{
		"aliases": []string{cve}, "summary": g.text(9), "details": "### Impact\n" + g.text(160) + "\n\n### Patches\n" + g.text(40),
		"severity": []map[string]string{{"type": "CVSS_V3", "score": vectors[g.rand.IntN(len(vectors))]}},
		"affected": []map[string]any{{
			"package": map[string]string{"ecosystem": "npm", "name": name, "purl": "pkg:npm/" + strings.Replace(name, "@", "%40", 1)},
			"ranges":  []map[string]any{{"type": "SEMVER", "events": []map[string]string{{"introduced": "0"}, {"fixed": fixed}}}},
		}},
		"references": []map[string]string{
			{"type": "WEB", "url": "https://example.com/security/advisories/" + cve},
			{"type": "ADVISORY", "url": "https://example.com/vuln/detail/" + cve},
			{"type": "PACKAGE", "url": "https://example.com/" + name},
		},
		"database_specific": map[string]any{"severity": "HIGH", "cwe_ids": []string{"CWE-400"}, "github_reviewed": true},
	})
}

// mal is a record in the shape of the malicious-packages database.
func (g *generator) mal(name string) {
	version := fmt.Sprintf("%d.%d.%d", g.rand.IntN(100), g.rand.IntN(10), g.rand.IntN(10))
	affected := map[string]any{"package": map[string]string{"ecosystem": "npm", "name": name}}
	if g.rand.IntN(3) == 0 {
		affected["versions"] = []string{version}
	} else {
		affected["ranges"] = []map[string]any{{"type": "SEMVER", "events": []map[string]string{{"introduced": "0"}}}}
	}
	sum := g.hex(64)
	g.put(fmt.Sprintf("MAL-2025-%d", g.n), map[string]any{
		"summary": "Malicious code in " + name + " (npm)",
		"details": "\n---\n_-= Per source details. Do not edit below this line.=-_\n\n## Source: ghsa-malware (" + sum + ")\n" +
			"Any computer that has this package installed or running should be considered fully compromised. " + g.text(40) + "\n",
		"affected":   []map[string]any{affected},
		"references": []map[string]string{{"type": "ADVISORY", "url": "https://example.com/advisories/" + g.word(12)}},
		"credits":    []map[string]any{{"name": g.word(8), "type": "FINDER", "contact": []string{"https://example.com/" + g.word(6)}}},
		"database_specific": map[string]any{"malicious-packages-origins": []map[string]any{{
			"source": "ghsa-malware", "sha256": sum, "import_time": "2025-06-01T12:00:00.123456789Z",
			"modified_time": "2025-06-01T11:00:00Z", "versions": []string{version},
		}}},
	})
}

// name is one that no lock has.
func (g *generator) name() string {
	if g.rand.IntN(5) == 0 {
		return fmt.Sprintf("@zz-%s/%s-%d", g.word(6), g.word(7), g.n)
	}
	return fmt.Sprintf("zz-%s-%s-%d", g.word(5), g.word(6), g.n)
}

func (g *generator) word(n int) string { return g.letters(n, "23456789cfghjmpqrvwx") }

func (g *generator) hex(n int) string { return g.letters(n, "0123456789abcdef") }

func (g *generator) letters(n int, of string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = of[g.rand.IntN(len(of))]
	}
	return string(b)
}

func (g *generator) text(words int) string {
	const stock = "the package a request with crafted input may cause denial of service when parsing untrusted data because regular " +
		"expression backtracking is not bounded and an attacker who controls the value can execute code read files or exhaust memory " +
		"users should upgrade to the patched release as there is no workaround for this issue in affected versions"
	list := strings.Fields(stock)
	var b strings.Builder
	for range words {
		b.WriteString(list[g.rand.IntN(len(list))])
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}
