// Command genroot writes what internal/npmsign trusts, trusted_root.json and
// npm_keys.json, from the npm package @sigstore/tuf (Apache-2.0), unpacked on disk:
//
//	npm pack @sigstore/tuf && tar xzf sigstore-tuf-*.tgz
//	go run ./internal/npmsign/genroot -from package
//
// The package has them in seeds.json, as sigstore's TUF repository gave them out; npm
// starts from the same file.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/npmsign"
)

func main() {
	from := flag.String("from", "", "unpacked @sigstore/tuf: the `DIR` with its package.json")
	to := flag.String("to", "internal/npmsign", "`DIR` to write into")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "genroot:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	src, err := os.ReadFile(filepath.Join(from, "seeds.json"))
	if err != nil {
		return err
	}
	var seeds map[string]struct {
		Targets map[string]string `json:"targets"`
	}
	if err := json.Unmarshal(src, &seeds); err != nil {
		return err
	}
	out := map[string][]byte{}
	for _, seed := range seeds {
		for name, text := range seed.Targets {
			raw, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			switch {
			case name == "trusted_root.json":
				_, err = npmsign.ParseRoot(raw)
				out[name] = raw
			case strings.HasSuffix(name, "keys.json"):
				_, err = npmsign.ParseSeedKeys(raw)
				out["npm_keys.json"] = raw
			}
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	for _, name := range []string{"trusted_root.json", "npm_keys.json"} {
		if out[name] == nil {
			return fmt.Errorf("%s has no %s in seeds.json: is its form another one now?", from, name)
		}
		var text bytes.Buffer
		if err := json.Indent(&text, out[name], "", "  "); err != nil {
			return err
		}
		file := filepath.Join(to, name)
		if err := os.WriteFile(file, append(bytes.TrimSpace(text.Bytes()), '\n'), 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %d bytes\n", file, text.Len())
	}
	return nil
}
