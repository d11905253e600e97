package dbportal

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"

	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/testkit/pgtest"
	"github.com/portalctl/portalctl/snapshot"
)

// Take makes a snapshot as snapshot.Create does, without its checks.
func (p *Portal) Take() *snapshot.Manifest {
	p.T.Helper()
	for _, id := range Plugins {
		db, _ := p.Place(id)
		pgtest.Exec(p.T, p.Cluster, db, "ANALYZE")
	}
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		p.T.Fatal(err)
	}
	server := snapshot.Server{ID: p.App.Address(), Host: p.App.Host, Port: p.App.Port, User: "backstage", SSLMode: "disable", PasswordVariable: "POSTGRES_PASSWORD",
		VersionNum: p.Cluster.Tools.Major * 10000, SystemIdentifier: pgtest.Value(p.T, p.Cluster, "postgres", "SELECT system_identifier FROM pg_control_system()")}
	m := &snapshot.Manifest{Schema: snapshot.Schema, Name: "example-1.41.0", Created: time.Now(), Servers: []snapshot.Server{server},
		Deployed: snapshot.Deployed{Commit: "0123456789abcdef0123456789abcdef01234567", Release: "1.41.0"}}
	for _, id := range Plugins {
		m.Databases = append(m.Databases, p.dump(id, server.ID))
	}
	p.Manifest = m
	return m
}

func (p *Portal) dump(id, server string) snapshot.Database {
	p.T.Helper()
	db, schema := p.Place(id)
	d := snapshot.Database{Kind: snapshot.KindPostgres, Server: server, Name: db, Plugins: []string{id}}
	args := []string{"-Fc", "-Z0", "-d", pg.Conninfo(db)}
	if p.Schemas {
		d.Schema = schema
		args = append(args, "-n", pg.Ident(schema))
	}
	var raw, stored bytes.Buffer
	var private pg.Private
	defer private.Close()
	access, err := private.Access(p.Admin)
	if err != nil {
		p.T.Fatal(err)
	}
	if err := pg.Run(p.T.Context(), pg.Command{Path: p.Cluster.Tools.Path("pg_dump"), Args: args, Access: access, Stdout: &raw}); err != nil {
		p.T.Fatal(err)
	}
	w, _ := zstd.NewWriter(&stored)
	_, _ = raw.WriteTo(w)
	_ = w.Close()
	d.Dump = snapshot.File{Name: id + ".dump.zst", Size: int64(stored.Len()), SHA256: snapshot.SHA256(stored.Bytes()), Seconds: 0.5}
	if err := os.WriteFile(filepath.Join(p.Dir, d.Dump.Name), stored.Bytes(), 0o600); err != nil {
		p.T.Fatal(err)
	}

	ctx := p.T.Context()
	conn := pgtest.Connect(p.T, p.Admin, db)
	defer conn.Close(context.Background())
	must := func(err error) {
		p.T.Helper()
		if err != nil {
			p.T.Fatal(err)
		}
	}
	if p.Schemas {
		must(conn.QueryRow(ctx, "SELECT pg_get_userbyid(nspowner)::text, nspacl::text[] FROM pg_namespace WHERE nspname = $1", schema).Scan(&d.SchemaOwner, &d.SchemaACL))
	}
	d.Tables, err = snapshot.Tables(ctx, conn, d.Schema)
	must(err)
	for _, t := range d.Tables {
		d.Rows += t.Rows
	}
	d.Migrations, err = snapshot.Migrations(ctx, conn, d.Schema)
	must(err)
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{})
	must(err)
	d.SchemaHash, err = snapshot.SchemaHash(ctx, tx, d.Schema)
	must(err)
	must(tx.Rollback(ctx))
	if !p.Schemas {
		d.Properties = &snapshot.Properties{}
		x := d.Properties
		var comment *string
		must(conn.QueryRow(ctx, `SELECT oid, pg_database_size(oid), pg_get_userbyid(datdba)::text, datacl::text[], datconnlimit, pg_encoding_to_char(encoding)::text, datcollate::text, datctype::text,
			shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()`).
			Scan(&d.OID, &d.Size, &x.Owner, &x.ACL, &x.ConnectionLimit, &x.Encoding, &x.Collate, &x.CType, &comment))
		if comment != nil {
			x.Comment = *comment
		}
		x.Settings, err = pg.Rows(ctx, conn, pgx.RowToStructByPos[snapshot.Setting], `SELECT CASE WHEN setrole = 0 THEN '' ELSE pg_get_userbyid(setrole)::text END, split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)
			FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(setconfig) c WHERE datname = current_database()`)
		must(err)
	} else {
		must(conn.QueryRow(ctx, "SELECT oid FROM pg_database WHERE datname = current_database()").Scan(&d.OID))
	}
	return d
}
