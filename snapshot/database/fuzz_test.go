package database

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/appconfig"
)

// FuzzURI: no connection string panics, or shows in the error about it.
func FuzzURI(f *testing.F) {
	for _, s := range append([]string{"postgres://u:p@h:5432/d?sslmode=require#f", "/sock db", "socket:/x?db=y", "postgres://[::1]/x", ":memory:", "host=h"}, uriPieces...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := parseURI(s, "/nonexistent", appconfig.Origin{})
		if err != nil {
			if len(s) > 12 && strings.Contains(err.Error(), s) {
				t.Fatalf("%v", err)
			}
			return
		}
		c, err := connect(v, environment{"USER": "u"}, "/nonexistent")
		if err == nil && (c.target.Host == "" || c.target.Port == 0 || c.target.User == "" || c.target.SSLMode == "" || c.database == "") {
			t.Fatalf("%q leaves a gap: %+v %q", s, c.target, c.database)
		}
	})
}
