package osv

import (
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/portalctl/portalctl/internal/semrange"
)

// readVersion reads a version as it stands in a record or a lock, nil if it is
// none. Some records have less than npm asks for: 1.5 is 1.5.0, and 1.02.0 is
// 1.2.0, as osv-scanner's matcher and the OSV service have it, too. To take such
// for nothing would leave a range without its end.
func readVersion(text string) *semver.Version {
	if v, err := semrange.ParseVersion(text); err == nil {
		return v
	}
	numbers, rest := strings.TrimPrefix(text, "v"), ""
	if i := strings.IndexAny(numbers, "-+"); i >= 0 {
		numbers, rest = numbers[:i], numbers[i:]
	}
	parts := strings.Split(numbers, ".")
	if len(parts) > 3 {
		return nil
	}
	for i, p := range parts {
		if p == "" {
			return nil
		}
		if parts[i] = strings.TrimLeft(p, "0"); parts[i] == "" {
			parts[i] = "0"
		}
	}
	for len(parts) < 3 {
		parts = append(parts, "0")
	}
	v, err := semrange.ParseVersion(strings.Join(parts, ".") + rest)
	if err != nil {
		return nil
	}
	return v
}
