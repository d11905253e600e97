package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/pg"
)

// snapshotData is a portal's databases as a large portal has them: one catalog
// that dominates, whose search table has thirty rows for each entity, and some
// small ones. n is the number of entities; 100,000 make about 1.1 GB.
func snapshotData(ctx context.Context, c *pg.Cluster, n int) error {
	for _, db := range []struct {
		name string
		sql  []string
	}{
		{"catalog", catalogData},
		{"scaffolder", scaffolderData},
		{"app", appData},
		{"auth", authData},
	} {
		admin, err := c.Target().Connect(ctx, "postgres")
		if err != nil {
			return err
		}
		_, err = admin.Exec(ctx, `CREATE DATABASE "backstage_plugin_`+db.name+`" OWNER backstage`)
		admin.Close(ctx)
		if err != nil {
			return err
		}
		conn, err := c.Target().Connect(ctx, "backstage_plugin_"+db.name)
		if err != nil {
			return err
		}
		for _, sql := range append([]string{"SET ROLE backstage"}, db.sql...) {
			sql = strings.ReplaceAll(sql, ":n", fmt.Sprint(n))
			if _, err := conn.Exec(ctx, sql); err != nil {
				conn.Close(ctx)
				return fmt.Errorf("%s: %w\n%s", db.name, err, sql)
			}
		}
		conn.Close(ctx)
	}
	return nil
}

var catalogData = []string{
	`CREATE TEMP TABLE words AS SELECT row_number() OVER () AS i, x FROM unnest(string_to_array('service team platform payments ledger checkout gateway identity search indexer notification worker queue stream billing invoice fraud risk orders cart catalog portal internal external public api graphql rest grpc kafka postgres redis cache proxy edge mobile web frontend backend library tooling pipeline deploy observability metrics traces logs alert oncall runbook domain system resource component owner lifecycle production experimental deprecated tier critical data warehouse analytics report export import sync replicate schedule batch realtime event handler consumer producer secure compliant audited the of and for with by to from that which handles provides exposes manages stores computes', ' ')) x`,
	`CREATE TEMP TABLE texts AS SELECT i, (SELECT string_agg((ARRAY(SELECT x FROM words ORDER BY words.i))[1 + (hashint8(g::bigint * 7919 + t.i)::bigint & 2147483647) % (SELECT count(*) FROM words)], ' ') FROM generate_series(1, 12 + t.i % 30) g) AS t FROM generate_series(0, 1999) t(i)`,
	`CREATE UNIQUE INDEX ON texts (i)`,
	`ANALYZE texts`,
	`CREATE TABLE refresh_state (entity_id text PRIMARY KEY, entity_ref text NOT NULL UNIQUE, unprocessed_entity text NOT NULL, processed_entity text, errors text, next_update_at timestamptz, result_hash text)`,
	`CREATE TABLE final_entities (entity_id text PRIMARY KEY, hash text, final_entity text, entity_ref text)`,
	`CREATE TABLE search (entity_id text, key text, value text, original_value text)`,
	`CREATE TABLE relations (originating_entity_id text, source_entity_ref text, type text, target_entity_ref text)`,
	`INSERT INTO refresh_state SELECT md5('e' || i), kind || ':default/' || kind || '-' || substr(md5(i::text), 1, 10), doc, doc, '[]', now(), md5(doc) FROM (
 SELECT i, kind, json_build_object('apiVersion', 'backstage.io/v1alpha1', 'kind', initcap(kind), 'metadata', json_build_object('name', kind || '-' || substr(md5(i::text), 1, 10), 'namespace', 'default', 'uid', gen_random_uuid(), 'etag', md5(i || 'etag'),
  'description', (SELECT t FROM texts WHERE texts.i = g.i % 2000), 'tags', json_build_array('go', 'java', 'tier-' || i % 4), 'labels', json_build_object('team', 'team-' || substr(md5((i % 400)::text), 1, 8), 'cost-center', 'cc-' || i % 50),
  'annotations', json_build_object('backstage.io/managed-by-location', 'url:https://git.example.com/org-' || i % 90 || '/repo-' || substr(md5(i || 'r'), 1, 12) || '/blob/main/catalog-info.yaml',
   'backstage.io/source-location', 'url:https://git.example.com/org-' || i % 90 || '/repo-' || substr(md5(i || 'r'), 1, 12) || '/tree/main/', 'sonarqube.org/project-key', md5(i || 's'), 'pagerduty.com/service-id', upper(substr(md5(i || 'p'), 1, 14))),
  'links', json_build_array(json_build_object('url', 'https://grafana.example.com/d/' || substr(md5(i || 'g'), 1, 9), 'title', 'Dashboard'))),
  'spec', json_build_object('type', 'service', 'lifecycle', (ARRAY['production', 'experimental', 'deprecated'])[1 + i % 3], 'owner', 'group:default/team-' || substr(md5((i % 400)::text), 1, 8), 'system', 'system-' || i % 300,
   'definition', CASE WHEN kind = 'api' THEN (SELECT string_agg(t, E'\n') FROM texts WHERE texts.i BETWEEN g.i % 1900 AND g.i % 1900 + 25) END))::text AS doc
 FROM (SELECT i, (ARRAY['component', 'component', 'component', 'api', 'resource', 'user', 'group', 'system', 'location', 'template'])[1 + i % 10] AS kind FROM generate_series(1, :n) i) g) d`,
	`INSERT INTO final_entities SELECT entity_id, md5(result_hash), left(processed_entity, -1) || ',"relations":[{"type":"ownedBy","targetRef":"group:default/team"}]}', entity_ref FROM refresh_state`,
	`INSERT INTO search SELECT entity_id, k, lower(left(v, 200)), left(v, 200) FROM (SELECT *, processed_entity::json AS j FROM refresh_state) r, LATERAL (VALUES
 ('kind', j->>'kind'), ('metadata.name', j#>>'{metadata,name}'), ('metadata.namespace', 'default'), ('metadata.uid', j#>>'{metadata,uid}'), ('metadata.title', NULL), ('apiversion', 'backstage.io/v1alpha1'),
 ('metadata.description', j#>>'{metadata,description}'), ('metadata.etag', j#>>'{metadata,etag}'), ('metadata.tags', 'go'), ('metadata.tags', 'java'), ('metadata.tags.go', 'true'), ('metadata.tags.java', 'true'),
 ('metadata.labels.team', j#>>'{metadata,labels,team}'), ('metadata.labels.cost-center', j#>>'{metadata,labels,cost-center}'), ('metadata.annotations.backstage.io/managed-by-location', j#>>'{metadata,annotations,backstage.io/managed-by-location}'),
 ('metadata.annotations.backstage.io/source-location', j#>>'{metadata,annotations,backstage.io/source-location}'), ('metadata.annotations.sonarqube.org/project-key', j#>>'{metadata,annotations,sonarqube.org/project-key}'),
 ('spec.type', 'service'), ('spec.lifecycle', j#>>'{spec,lifecycle}'), ('spec.owner', j#>>'{spec,owner}'), ('spec.system', j#>>'{spec,system}'), ('relations.ownedby', j#>>'{spec,owner}'), ('relations.partof', j#>>'{spec,system}')) s(k, v)`,
	`INSERT INTO relations SELECT entity_id, entity_ref, t, 'group:default/team-' || substr(md5(entity_id), 1, 8) FROM refresh_state, unnest(ARRAY['ownedBy', 'partOf', 'dependsOn']) t`,
	`CREATE INDEX search_entity ON search (entity_id)`,
	`CREATE INDEX search_key_value ON search (key, value)`,
	`CREATE INDEX relations_source ON relations (source_entity_ref)`,
	`ANALYZE`,
}

var scaffolderData = []string{
	`CREATE TABLE tasks (id uuid PRIMARY KEY, spec text, status text, created_at timestamptz, created_by text)`,
	`CREATE TABLE task_events (id bigserial PRIMARY KEY, task_id uuid NOT NULL REFERENCES tasks (id), body text, event_type text, created_at timestamptz)`,
	`INSERT INTO tasks SELECT gen_random_uuid(), json_build_object('steps', (SELECT json_agg(json_build_object('id', 'step' || s, 'action', 'fetch:template', 'url', md5((i * s)::text))) FROM generate_series(1, 8) s))::text, 'completed', now(), 'user:default/u' || i % 300 FROM generate_series(1, :n / 20) i`,
	`INSERT INTO task_events (task_id, body, event_type, created_at) SELECT id, json_build_object('message', 'Beginning step ' || s || ' ' || md5(id::text || s), 'stepId', 'step' || s % 8)::text, 'log', now() FROM tasks, generate_series(1, 30) s`,
}

// appData is compressed already, as a frontend's assets are in part.
var appData = []string{
	`CREATE TABLE static_assets_cache (path text PRIMARY KEY, content bytea NOT NULL)`,
	`INSERT INTO static_assets_cache SELECT 'static/' || i || '.chunk.js', (SELECT string_agg(sha512((i * 1000 + g)::text::bytea), ''::bytea) FROM generate_series(1, 1 + :n / 100) g) FROM generate_series(1, 60) i`,
}

var authData = []string{
	`CREATE TABLE sessions (sid text PRIMARY KEY, sess text, expired timestamptz)`,
	`INSERT INTO sessions SELECT md5(i::text) || md5((i + 1)::text), json_build_object('state', md5(i::text))::text, now() FROM generate_series(1, 3000) i`,
}

// snapshotPortal writes a portal whose app-config leads to the cluster. It is in
// no git repository: what is deployed is named by an image.
func snapshotPortal(dir string, port int) error {
	for name, text := range map[string]string{
		"package.json": `{"name": "bench-portal", "private": true, "workspaces": ["packages/*"]}`,
		"yarn.lock":    "__metadata:\n  version: 8\n  cacheKey: 10c0\n",
		".yarnrc.yml":  "enableNetwork: false\n",
		"packages/backend/package.json": `{"name": "backend", "version": "0.0.0", "backstage": {"role": "backend"}, "dependencies": {"@backstage/plugin-catalog-backend": "^3.0.0",
 "@backstage/plugin-scaffolder-backend": "^2.0.0", "@backstage/plugin-app-backend": "^0.5.0", "@backstage/plugin-auth-backend": "^0.25.0"}}`,
		"app-config.yaml": fmt.Sprintf("backend:\n  database:\n    client: pg\n    connection: {host: 127.0.0.1, port: %d, user: backstage, password: \"${BENCH_PASSWORD}\"}\n", port),
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
