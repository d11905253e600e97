package shipped

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// file is a file of the repository.
func file(t *testing.T, path ...string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}

// The image that an error about a newer server names is one that the release
// makes, and that the Dockerfile can be built for; and the other way round.
func TestImageTags(t *testing.T) {
	doc, err := yamledit.Parse("release.yml", []byte(file(t, ".github", "workflows", "release.yml")))
	if err != nil {
		t.Fatal(err)
	}
	name, _ := doc.Get("env", "IMAGE")
	dockerfile := file(t, "Dockerfile")
	for major := 12; major <= 20; major++ {
		_, err := pg.FindTools(t.Context(), t.TempDir(), major, "pg_dump")
		if err == nil {
			t.Fatal("an empty folder has a pg_dump")
		}
		named := strings.Contains(fault.NextOf(err), "the image "+name.String()+":pg"+strconv.Itoa(major)+",")
		made := true
		for _, job := range []string{"image", "tags"} {
			var majors []string
			for _, m := range doc.Items("jobs", job, "strategy", "matrix", "pg") {
				majors = append(majors, m.String())
			}
			made = made && slices.Contains(majors, strconv.Itoa(major))
		}
		_, list, _ := strings.Cut(dockerfile, `case "$PG_MAJOR" in `)
		list, _, _ = strings.Cut(list, ")")
		built := slices.Contains(strings.Split(list, "|"), strconv.Itoa(major))
		if named != made || named != built || named != (major >= 14 && major <= 18) {
			t.Errorf("PostgreSQL %d: named by the error %v, made by the release %v, built by the Dockerfile %v", major, named, made, built)
		}
	}
}
