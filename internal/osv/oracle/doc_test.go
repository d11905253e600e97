// Package oracle holds portalctl's matching and its osv form against
// osv-scanner itself. It is a module of its own, which nothing else links: the
// scanner brings a thousand packages. Run it by hand, see CONTRIBUTING.md.
package oracle
