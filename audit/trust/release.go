package trust

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/portalctl/portalctl/internal/finding"
	packages "github.com/portalctl/portalctl/internal/published"
	"github.com/portalctl/portalctl/internal/registry"
)

// release compares a file such as yarn-4.9.1.cjs with the one that Yarn's
// package on npm has for that version; yarn set version writes the same bytes.
// why says what is wrong; it is empty when that cannot be told.
func (c *codeCheck) release(file string, src []byte) (why string, verified bool) {
	version, ok := strings.CutPrefix(strings.TrimSuffix(strings.TrimSuffix(file, ".cjs"), ".js"), "yarn-")
	if !ok || c.in.Registry == nil || classicRelease(file) {
		return "", false
	}
	have, err := published(c.ctx, c.in.Registry, version)
	switch {
	case err != nil:
		c.unknown = append(c.unknown, finding.Unknown{Rule: ruleYarnrc, Reason: fmt.Sprintf("Yarn %s cannot be compared with what the registry has: %v", version, err), Next: "Compare it by hand, or try again later"})
		return "", false
	case !bytes.Equal(have, src):
		return ", and it is not the Yarn " + version + " that the registry has", false
	}
	return "", true
}

// classicRelease reports whether a file is a release of Yarn 1. Yarn's package on
// npm begins with 2, and that of Yarn 1 has another build than yarn set version
// writes, so that no registry has the file.
func classicRelease(file string) bool {
	major, _, ok := yarnVersion(path.Base(file))
	return ok && major < 2
}

func published(ctx context.Context, r *registry.Client, version string) ([]byte, error) {
	const member = "bin/yarn.js"
	at, err := packages.Exactly(ctx, r, "@yarnpkg/cli-dist", version)
	if err != nil {
		return nil, err
	}
	files, err := at.Files(ctx, r, func(name string) bool { return name == member })
	if err != nil {
		return nil, err
	}
	if src, ok := files[member]; ok {
		return src, nil
	}
	return nil, errors.New("its package has no " + member)
}
