// Package osv asks OSV which advisories hit npm packages. It is the only
// importer of osv-scanner and its matcher: everything else sees the types of
// this file.
package osv

import (
	"context"
	"time"
)

// Package is one version of an npm package that a lock installs.
type Package struct {
	Name, Version string
}

// Hit is an advisory that applies to a package.
type Hit struct {
	Package  Package
	Advisory *Advisory
}

// Advisory is what an OSV record says, as far as a gate needs it.
type Advisory struct {
	// ID is the record's own name: GHSA-…, MAL-…, CVE-….
	ID      string
	Aliases []string
	Summary string
	// Details is the record's Markdown, untrusted text.
	Details string
	// Malicious says that the package itself is the attack (a MAL- record).
	Malicious bool
	// Score is the highest base score of the record's CVSS vectors, 0 to 10;
	// -1 when it has none.
	Score float64
	// Vector is the CVSS vector that Score was read from, "" without one.
	Vector string
	// Rating is low, medium, high or critical: by Score, else as the database
	// that published the record rates it; "" when nobody does.
	Rating              string
	Published, Modified time.Time
	// URL is where people read about it.
	URL string

	ranges []affected
	// text is the whole record.
	text []byte
}

// Matcher finds the advisories that apply to packages. An error means that the
// answer is not complete: a caller must never take it for "nothing found".
type Matcher interface {
	Match(ctx context.Context, packages []Package) ([]Hit, error)
}
