package snapshot

import (
	"context"
	"fmt"
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
	if got.SchemaHash, err = SchemaHash(ctx, tx, d.Schema); err == nil {
		got.Tables, err = Tables(ctx, tx, d.Schema)
	}
	if err != nil {
		return unreadable(ctx, err, "the restored "+d.Title())
	}
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
	for _, t := range DiffRows(want.Tables, got.Tables) {
		switch {
		case t.Now < 0:
			out = append(out, fmt.Sprintf("the table %s is not there", t.Table))
		case t.Then < 0:
			out = append(out, fmt.Sprintf("the table %s was not in the snapshot", t.Table))
		default:
			out = append(out, fmt.Sprintf("the table %s has %d rows instead of %d", t.Table, t.Now, t.Then))
		}
	}
	return out
}
