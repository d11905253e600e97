package pg

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
)

// A server that is newer than the client programs here, or none here: the next
// step names the image that has them, and none that there is not.
func TestImageForServer(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for pg_dump is a shell script")
	}
	old, none := t.TempDir(), t.TempDir()
	script := "#!/bin/sh\necho 'pg_dump (PostgreSQL) 13.4'\n"
	if err := os.WriteFile(filepath.Join(old, "pg_dump"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{old, none} {
		for major := 14; major <= 19; major++ {
			_, err := FindTools(t.Context(), dir, major, "pg_dump")
			if err == nil {
				t.Fatalf("PostgreSQL %d: programs of version 13 were found good enough", major)
			}
			want := fmt.Sprintf("the image ghcr.io/portalctl/portalctl:pg%d,", major)
			if got := fault.NextOf(err); strings.Contains(got, want) != (major <= 18) || strings.Contains(got, "image") != (major <= 18) {
				t.Errorf("PostgreSQL %d: %s", major, got)
			}
		}
	}
}
