package snapshots

import (
	"context"
	"strings"

	"github.com/portalctl/portalctl/internal/testkit/pgtest"
)

// seed puts rows into the databases, and what pg_dump does not bring back.
func (s *story) seed() {
	s.writeRows("seed")
	catalog, schema := s.place("catalog")
	pgtest.ExecAs(s.t, pgtest.TCP(s.cluster, "backstage", storyPassword), catalog, "INSERT INTO "+schema+
		".locations (id, type, target) SELECT gen_random_uuid(), 'url', 'https://git.example.com/' || i FROM generate_series(1, 500) i")
	pgtest.Exec(s.t, s.cluster, catalog, "GRANT USAGE ON SCHEMA "+schema+" TO reporting", "GRANT SELECT ON "+schema+".refresh_state TO reporting")
	if s.mode == "database" {
		pgtest.Exec(s.t, s.cluster, catalog, "CREATE EXTENSION hstore", "ALTER DATABASE backstage_plugin_catalog SET work_mem = '16MB'",
			"ALTER DATABASE backstage_plugin_catalog CONNECTION LIMIT 60", "GRANT CONNECT ON DATABASE backstage_plugin_catalog TO reporting",
			"REVOKE TEMPORARY ON DATABASE backstage_plugin_catalog FROM PUBLIC")
		pgtest.ExecAs(s.t, pgtest.TCP(s.cluster, "backstage", storyPassword), catalog, `ALTER DATABASE backstage_plugin_catalog SET search_path = "$user", public`)
	}
	for _, id := range storyPlugins {
		db, _ := s.place(id)
		pgtest.Exec(s.t, s.cluster, db, "ANALYZE")
	}
}

// writeRows writes what users write, as both releases can.
func (s *story) writeRows(mark string) {
	app := pgtest.TCP(s.cluster, "backstage", storyPassword)
	for id, sql := range map[string]string{
		"catalog": `INSERT INTO refresh_state (entity_id, entity_ref, unprocessed_entity, errors, next_update_at, last_discovery_at)
			SELECT gen_random_uuid(), 'component:default/MARK-' || i, repeat(md5(i::text), 40), '[]', now(), now() FROM generate_series(1, 1500) i`,
		"auth": `INSERT INTO sessions (sid, sess, expired) SELECT 'MARK-' || i, '{"cookie": 1}', now() FROM generate_series(1, 400) i`,
		"user-settings": `INSERT INTO user_settings (user_entity_ref, bucket, key, value)
			SELECT 'user:default/u' || i, 'stars', 'MARK', '"x"' FROM generate_series(1, 50) i`,
		"notifications": `INSERT INTO notification (id, "user", title, severity, created, origin) SELECT gen_random_uuid(), 'user:default/u', 'MARK', 'normal', now(), 'test' FROM generate_series(1, 30) i`,
	} {
		db, schema := s.place(id)
		pgtest.ExecAs(s.t, app, db, `SET search_path = "`+schema+`"; `+strings.ReplaceAll(sql, "MARK", mark))
	}
}

// states are, for each plugin, the rows of every table with a hash of their
// content, the shape of the schema, and the properties of the database.
func (s *story) states() map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for _, id := range storyPlugins {
		db, schema := s.place(id)
		out[id] = s.state(db, schema)
	}
	return out
}

func (s *story) state(db, schema string) string {
	s.t.Helper()
	conn := pgtest.Connect(s.t, s.cluster.Target(), db)
	defer conn.Close(context.Background())
	var b strings.Builder
	add := func(query string, args ...any) {
		s.t.Helper()
		rows, err := conn.Query(s.t.Context(), query, args...)
		if err != nil {
			s.t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				s.t.Fatal(err)
			}
			b.WriteString(line + "\n")
		}
		if err := rows.Err(); err != nil {
			s.t.Fatalf("%s: %v", query, err)
		}
	}
	list := pgtest.Connect(s.t, s.cluster.Target(), db)
	defer list.Close(context.Background())
	rows, err := list.Query(s.t.Context(), `SELECT format('SELECT %L || count(*) || '' '' || coalesce(sum(hashtextextended(t::text, 0)), 0) FROM %I.%I t', relname || ': ', nspname, relname)
		FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = $1 AND relkind = 'r' ORDER BY relname`, schema)
	if err != nil {
		s.t.Fatal(err)
	}
	for rows.Next() {
		var query string
		if err := rows.Scan(&query); err != nil {
			s.t.Fatal(err)
		}
		add(query)
	}
	rows.Close()
	add(`SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || coalesce(column_default, '') || is_nullable
		FROM information_schema.columns WHERE table_schema = $1 ORDER BY table_name, ordinal_position`, schema)
	add(`SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = $1 ORDER BY indexname`, schema)
	add(`SELECT 'sequence ' || sequencename || ' ' || coalesce(last_value::text, '') FROM pg_sequences WHERE schemaname = $1 ORDER BY 1`, schema)
	add(`SELECT 'owner ' || relname || ' ' || pg_get_userbyid(relowner) || coalesce(relacl::text, '') FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND relkind IN ('r', 'S') ORDER BY 1`, schema)
	add(`SELECT 'schema ' || pg_get_userbyid(nspowner) || coalesce(nspacl::text, '') FROM pg_namespace WHERE nspname = $1`, schema)
	if s.mode == "database" {
		add(`SELECT 'database ' || pg_get_userbyid(datdba) || ' ' || coalesce(datacl::text, '') || ' ' || datconnlimit || datallowconn || datcollate || datctype FROM pg_database WHERE datname = $1`, db)
		add(`SELECT 'setting ' || c FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) c WHERE datname = $1 ORDER BY 1`, db)
		add(`SELECT 'extension ' || extname || ' ' || extversion FROM pg_extension ORDER BY 1`)
	}
	return b.String()
}
