package snapshot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/internal/scratch"
)

// RehearseOptions say where a snapshot is restored for a rehearsal.
type RehearseOptions struct {
	// Target is a server that may create databases; nil makes a cluster on this
	// machine that is removed afterwards.
	Target *pg.Target
	// Production allows Target to be the server that the snapshot is of.
	Production bool
	// TempDir is where the cluster and files are made, "" for the system's folder.
	TempDir string
}

// errProduction: the rehearsal would run on the server that the portal uses.
var errProduction = errors.New("this is the server that the snapshot was taken from")

const rehearsalPrefix = "portalctl_rehearsal_"

var rehearsalName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^` + rehearsalPrefix + `[0-9a-f]{12}$`) })

// rehearsal is one in progress.
type rehearsal struct {
	s      *Snapshot
	tools  *pg.Tools
	target pg.Target
	access pg.Access
	meter  *meter
	// local says that the cluster is ours.
	local bool
	// temp is where files and the cluster are made, "" for the system's folder.
	temp string
}

// rehearse restores every database, compares it with the manifest and drops it.
func (s *Snapshot) rehearse(ctx context.Context, o VerifyOptions) (*Rehearsal, error) {
	start := time.Now()
	out := &Rehearsal{Where: "local", Started: start.UTC(), Databases: []RehearsedDatabase{}}
	r := &rehearsal{s: s, temp: o.Rehearse.TempDir}
	scratch.Clean(r.temp, rehearsalFolder)
	total, largest, postgres := int64(0), int64(0), false
	for _, d := range s.Manifest.Databases {
		total += d.Dump.RawSize
		largest = max(largest, d.Size)
		postgres = postgres || d.Kind == KindPostgres
	}
	if postgres {
		var private pg.Private
		defer private.Close()
		end, err := r.server(ctx, o, largest)
		if err != nil {
			return nil, err
		}
		defer end()
		if r.access, err = private.Access(r.target); err != nil {
			return nil, err
		}
		who, _, err := identify(ctx, r.target, "")
		if err != nil {
			return nil, err
		}
		out.Version = who.Version
		if !r.local {
			out.Where = who.ID
		}
	}
	r.meter = newMeter(total)
	stop := r.meter.run(o.Progress)
	defer stop()
	for i := range s.Manifest.Databases {
		d := &s.Manifest.Databases[i]
		var one RehearsedDatabase
		var err error
		if d.Kind == KindSQLite {
			one, err = r.sqlite(ctx, d)
		} else {
			one, err = r.database(ctx, d)
		}
		if err != nil {
			return nil, err
		}
		one.Name, one.Same = d.Title(), len(one.Differences) == 0
		out.Databases = append(out.Databases, one)
	}
	out.Seconds = time.Since(start).Seconds()
	return out, nil
}

// server finds or makes the server to restore into. end gives it up.
func (r *rehearsal) server(ctx context.Context, o VerifyOptions, largest int64) (end func(), err error) {
	major := 0
	for _, server := range r.s.Manifest.Servers {
		major = max(major, server.major())
	}
	if t := o.Rehearse.Target; t != nil {
		who, pooled, err := identify(ctx, *t, "")
		if err != nil {
			return nil, err
		}
		if pooled {
			return nil, fault.New(poolerText, who.ID).WithNext("Name the server itself with --rehearse-dsn")
		}
		for _, server := range r.s.Manifest.Servers {
			if server.same(who) && !o.Rehearse.Production {
				return nil, fault.Wrap(errProduction, fault.Pos{}, "no rehearsal on %s", who.ID).
					WithNext("Use another server, or leave out --rehearse-dsn; to use this one all the same, add --rehearse-on-production: it needs up to %s of its disk and much of its time", Bytes(largest))
			}
		}
		if r.tools, err = pg.FindTools(ctx, o.PGBin, major, "pg_restore"); err != nil {
			return nil, err
		}
		r.target = *t
		return func() {}, r.dropLeftovers(ctx)
	}
	if r.tools, err = pg.FindTools(ctx, o.PGBin, major, "pg_restore", "initdb", "postgres"); err != nil {
		var f *fault.Error
		if errors.As(err, &f) {
			f.Next = fmt.Sprintf("Install a PostgreSQL server of version %d on this machine, or name one with --rehearse-dsn", major)
		}
		return nil, err
	}
	temp := o.Rehearse.TempDir
	if temp == "" {
		temp = os.TempDir()
	}
	if free, ok := freeSpace(temp); ok && free < largest+largest/2 {
		return nil, fault.New("%s has %s free, the rehearsal may need %s", temp, Bytes(free), Bytes(largest+largest/2)).WithNext("Point TMPDIR at a larger disk, or name a server with --rehearse-dsn")
	}
	pg.CleanClusters(temp)
	cluster, err := pg.StartCluster(ctx, r.tools, pg.ClusterOptions{Parent: temp})
	if err != nil {
		return nil, err
	}
	r.target, r.local = cluster.Target(), true
	return func() { _ = cluster.Stop() }, nil
}

// dropLeftovers drops what a rehearsal that was killed has left on the server.
func (r *rehearsal) dropLeftovers(ctx context.Context) error {
	conn, err := r.target.Connect(ctx, "")
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	names, err := pg.Texts(ctx, conn, `SELECT datname::text FROM pg_database d WHERE datname LIKE 'portalctl\_rehearsal\_%' AND pg_has_role(datdba, 'MEMBER')
 AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)`)
	if err != nil {
		return err
	}
	for _, n := range names {
		if rehearsalName().MatchString(n) {
			if _, err := conn.Exec(ctx, "DROP DATABASE "+pg.Ident(n)); err != nil {
				return fault.Wrap(pg.Cause(err), fault.Pos{}, "%s, left by a rehearsal that was interrupted, cannot be dropped", n)
			}
		}
	}
	return nil
}

// database rehearses one database.
func (r *rehearsal) database(ctx context.Context, d *Database) (out RehearsedDatabase, err error) {
	out.Differences = []string{}
	admin, err := r.target.Connect(ctx, "")
	if err != nil {
		return out, err
	}
	defer admin.Close(context.WithoutCancel(ctx))
	var random [6]byte
	_, _ = rand.Read(random[:])
	name := rehearsalPrefix + hex.EncodeToString(random[:])
	quoted := pg.Ident(name)
	create := "CREATE DATABASE " + quoted + " TEMPLATE template0 ENCODING " + pg.Literal(d.Properties.Encoding)
	// A machine may lack the server's locale. The order of texts decides about
	// no row and no part of the schema, so C does as well.
	if _, err := admin.Exec(ctx, create+" LC_COLLATE "+pg.Literal(d.Properties.Collate)+" LC_CTYPE "+pg.Literal(d.Properties.CType)); err != nil {
		if _, err = admin.Exec(ctx, create+" LC_COLLATE 'C' LC_CTYPE 'C'"); err != nil {
			return out, fault.Wrap(pg.Cause(err), fault.Pos{}, "no database for the rehearsal could be made on %s", r.target).WithNext("Use a role with CREATEDB")
		}
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		if _, e := admin.Exec(ctx, "DROP DATABASE "+quoted+" WITH (FORCE)"); e != nil && err == nil && !r.local {
			err = fault.Wrap(pg.Cause(e), fault.Pos{}, "the rehearsal's database %s could not be dropped", name).WithNext("DROP DATABASE %s", quoted)
		}
	}()
	start := time.Now()
	failed, err := r.restore(ctx, d, name)
	if err != nil {
		return out, err
	}
	out.Restore = time.Since(start).Seconds()
	if failed != "" {
		out.Differences = append(out.Differences, "pg_restore failed: "+failed)
		return out, nil
	}
	return out, r.compare(ctx, d, name, &out)
}

// restore restores the dump into the empty database. failed is what pg_restore
// said when it did not go through.
func (r *rehearsal) restore(ctx context.Context, d *Database, name string) (failed string, err error) {
	if d.Schema != "" {
		// A dump of one schema has no extensions.
		conn, err := r.target.Connect(ctx, name)
		if err != nil {
			return "", err
		}
		defer conn.Close(context.WithoutCancel(ctx))
		for _, e := range d.Properties.Extensions {
			if e.Schema == d.Schema {
				continue
			}
			ident := pg.Ident(e.Schema)
			if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+ident); e.Schema != "pg_catalog" && err != nil {
				return pg.Cause(err).Error(), nil
			}
			if _, err := conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS "+pg.Ident(e.Name)+" SCHEMA "+ident); err != nil {
				return pg.Cause(err).Error(), nil
			}
		}
	}
	file, err := os.Open(filepath.Join(r.s.Dir, d.Dump.Name))
	if err != nil {
		return "", err
	}
	defer file.Close()
	dec, err := newDecoder(file)
	if err != nil {
		return "", err
	}
	defer dec.Close()
	var raw atomic.Int64
	copyErr, waitErr, err := feed(ctx, pg.Command{Path: r.tools.Path("pg_restore"), Access: r.access,
		Args: []string{"--no-owner", "--no-privileges", "--exit-on-error", "--no-password", "--dbname=" + name}},
		&counted{r: dec, n: &raw, also: &r.meter.read[0]})
	if err != nil {
		return "", err
	}
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case waitErr != nil:
		return reason(waitErr), nil
	case copyErr != nil:
		return copyErr.Error(), nil
	}
	return "", nil
}
