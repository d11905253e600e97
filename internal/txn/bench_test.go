package txn_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/testkit/txntest"
	"github.com/portalctl/portalctl/internal/txn"
)

// BenchmarkCommit is the transaction of a bump of 90 package.json files, synced
// to the disk of the folder for temporary files, and what it costs beside that.
func BenchmarkCommit(b *testing.B) {
	for name, fsys := range map[string]txn.FS{"synced": txn.OS(), "unsynced": txntest.NoSync(txn.OS())} {
		b.Run(name, func(b *testing.B) {
			root := b.TempDir()
			content := strings.Repeat("    \"@backstage/core-plugin-api\": \"^1.10.0\",\n", 60)
			contents := [2][]byte{[]byte(content), []byte(content + "new")}
			edits := make([]txn.Edit, 90)
			for i := range edits {
				path := filepath.Join(root, fmt.Sprintf("plugins/p%d/package.json", i))
				edits[i] = txn.Edit{Path: path, New: contents[0]}
			}
			ctx := txn.WithFS(b.Context(), fsys)
			if err := txn.Commit(ctx, root, edits); err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				for k := range edits {
					edits[k].Old, edits[k].New = contents[i%2], contents[(i+1)%2]
				}
				if err := txn.Commit(ctx, root, edits); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
