// Package sbom writes what a repository is made of as the two forms of a software bill
// of materials: CycloneDX 1.6, with the advisories that apply and what a team has
// decided about them, and SPDX 2.3. It knows nothing of locks: it writes an Inventory,
// and the same one is the same text.
package sbom

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/license"
	"github.com/portalctl/portalctl/internal/pattern"
)

// Inventory is what a document is made of.
type Inventory struct {
	// Root is the whole, which has no other members than Component's Ref, Name,
	// Version, License and DependsOn.
	Root Component
	// Components are the parts, in the order of the document. Each Ref is there once.
	Components      []Component
	Vulnerabilities []Vulnerability
	// Created is when the document was made, and Tool the version of what made it.
	Created time.Time
	Tool    string
	// Lacks says why the inventory is not all there is, a sentence each.
	Lacks []string
}

// Component is one part.
type Component struct {
	// Ref names the component within the document.
	Ref           string
	Name, Version string
	// Application tells what runs from what others use.
	Application bool
	// PURL is the package URL, "" for what no registry or repository has.
	PURL string
	// Address is where the package is fetched from, "" where that is not known.
	Address string
	Hashes  []Hash
	// License is what the package says of it; Known is false where nobody was asked.
	License license.Declared
	Known   bool
	// Development: nothing needs it in production.
	Development bool
	// Patches are the patch files that were applied to Ancestor, which is no part of
	// its own; nil for a package as its author has it.
	Patches  []string
	Ancestor *Component
	// DependsOn are the Refs of what it asks for.
	DependsOn []string
	// Properties are more to know, by names of CycloneDX's taxonomy or of
	// portalctl's own.
	Properties []Property
}

// Property is a name and a value.
type Property struct{ Name, Value string }

// Hash is of the tarball that is installed, and of nothing else.
type Hash struct {
	// Algorithm is "SHA-1", "SHA-256", "SHA-384" or "SHA-512"; Hex is in lower case.
	Algorithm, Hex string
}

// Vulnerability is an advisory that applies to components, and what was decided.
type Vulnerability struct {
	ID, URL            string
	Aliases            []string
	Summary            string
	Severity           string // low, medium, high, critical, or "" where nobody rates it
	Score              float64
	Vector             string // Score's CVSS vector, "" for no score
	Published, Updated time.Time
	// Fixes say what ends it, a sentence each; none if nothing does.
	Fixes   []string
	Malware bool
	// Affects are the Refs of components.
	Affects []string
	// Decision is the team's; nil for none.
	Decision *Decision
}

// Decision is why a team sets an advisory aside.
type Decision struct {
	// Reason, Owner and Expires are as the team writes them, "" where it does not.
	Reason, Owner, Expires string
}

// text is the decision as a sentence.
func (d *Decision) text() string {
	text := d.Reason
	if text == "" {
		text = "no reason given"
	}
	if d.Owner != "" {
		text += "; decided by " + d.Owner
	}
	if d.Expires != "" {
		text += "; until " + d.Expires
	}
	return text
}

// uuid is a UUID (version 8 of RFC 9562, which leaves the content to its maker) that
// follows from what is in the document, so that the same inventory has the same one.
func (inv *Inventory) uuid() (string, error) {
	same := *inv
	same.Created = time.Time{}
	text, err := json.Marshal(same)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]), nil
}

// stamp is a time as both forms have it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

var notID = pattern.New(`[^A-Za-z0-9.-]+`)

// spdxID is a Ref by the letters that SPDX allows. What they make equal a hash tells
// apart.
func spdxID(ref string) string {
	sum := sha256.Sum256([]byte(ref))
	return strings.Trim(notID().ReplaceAllString(ref, "-"), "-") + "-" + hex.EncodeToString(sum[:4])
}
