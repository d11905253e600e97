package snapshot

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/portalctl/portalctl/internal/scratch"
)

// rehearsalFolder is what the names of the folders begin with.
const rehearsalFolder = "portalctl-rehearsal-"

// sqlite rehearses a SQLite file: decoded, checked and compared.
func (r *rehearsal) sqlite(ctx context.Context, d *Database) (out RehearsedDatabase, err error) {
	out.Differences = []string{}
	folder, err := scratch.New(r.temp, rehearsalFolder)
	if err != nil {
		return out, err
	}
	defer folder.Close()
	start := time.Now()
	temp := filepath.Join(folder.Path, "restored.sqlite")
	if err := Decompress(ctx, filepath.Join(r.s.Dir, d.Dump.Name), temp); err != nil {
		return out, err
	}
	out.Restore = time.Since(start).Seconds()
	start = time.Now()
	db, err := openSQLite(ctx, temp, sqliteWait)
	if err != nil {
		return out, err
	}
	defer db.Close()
	if damage, err := SQLiteDamage(ctx, db); err != nil || damage != "" {
		out.Differences = append(out.Differences, "integrity_check: "+cmp.Or(damage, fmt.Sprint(err)))
		return out, ctx.Err()
	}
	got := Database{Kind: KindSQLite, Path: temp}
	if err := readSQLite(ctx, db, &got); err != nil {
		return out, err
	}
	out.Differences = append(out.Differences, differences(d, &got)...)
	out.Compare = time.Since(start).Seconds()
	return out, nil
}
