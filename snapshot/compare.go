package snapshot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
)

// compare sets the restored database against the manifest.
func (r *rehearsal) compare(ctx context.Context, d *Database, name string, out *RehearsedDatabase) error {
	conn, err := r.target.Connect(ctx, name)
	if err != nil {
		return err
	}
	start := time.Now()
	_, err = conn.Exec(ctx, "ANALYZE")
	_ = conn.Close(context.WithoutCancel(ctx))
	if err != nil {
		return fault.Wrap(pg.Cause(err), fault.Pos{}, "ANALYZE of the restored %s failed", d.Title())
	}
	out.Analyze = time.Since(start).Seconds()
	start = time.Now()
	tx, done, err := begin(ctx, r.target, name, lockTimeout)
	if err != nil {
		return err
	}
	defer done()
	got := Database{Kind: KindPostgres, Schema: d.Schema}
	hash, err := SchemaHash(ctx, tx, d.schemas())
	if err == nil {
		if err = tables(ctx, tx, &got); err == nil {
			got.Rows, err = countRows(ctx, tx, got.Tables)
		}
	}
	if err != nil {
		return unreadable(ctx, err, "the restored "+d.Title())
	}
	got.SchemaHash = hash
	out.Differences = append(out.Differences, differences(d, &got)...)
	out.Compare = time.Since(start).Seconds()
	return nil
}

// differences are what a restored database has otherwise than the snapshot, one
// sentence each: the schema hash and the rows of every table.
func differences(want, got *Database) []string {
	out := []string{}
	if want.SchemaHash != got.SchemaHash {
		out = append(out, "its schema is not the one that was copied")
	}
	rows := map[string]int64{}
	for _, t := range got.Tables {
		rows[t.Schema+"."+t.Name] = t.Rows
	}
	for _, t := range want.Tables {
		key := t.Schema + "." + t.Name
		n, ok := rows[key]
		delete(rows, key)
		switch {
		case !ok:
			out = append(out, fmt.Sprintf("the table %s is not there", strings.TrimPrefix(key, ".")))
		case n != t.Rows:
			out = append(out, fmt.Sprintf("the table %s has %d rows instead of %d", strings.TrimPrefix(key, "."), n, t.Rows))
		}
	}
	for key := range rows {
		out = append(out, fmt.Sprintf("the table %s was not in the snapshot", strings.TrimPrefix(key, ".")))
	}
	return out
}
