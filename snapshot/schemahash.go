package snapshot

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// SchemaHashSQL is one query that gives a SHA-256, in hex, of what a database
// or, with schema, a part of it consists of: columns, constraints, indexes,
// sequences, views, functions, triggers and types. It needs no right but to
// connect, and psql runs it as well as portalctl.
//
// It is the same before a dump and after its restore. Therefore owners and
// privileges are left out (a rehearsal has no such roles), columns are numbered
// without the dropped ones, and casts and parentheses are taken out of
// expressions: a CHECK (x IN (…)) on a varchar is printed with other casts once
// it was restored. An INVALID index is not the valid one. search_path must be
// empty (SET search_path = ”) for names to be printed in full.
func SchemaHashSQL(schema string) string {
	return strings.NewReplacer("{in}", userSchemas(schema), "{own c}", notOfExtension("pg_class", "c"),
		"{own p}", notOfExtension("pg_proc", "p"), "{own t}", notOfExtension("pg_type", "t")).Replace(schemaHashSQL)
}

const schemaHashSQL = `SELECT encode(sha256(convert_to(coalesce(string_agg(regexp_replace(line, '::(character varying|text)(\[\])?|[() ]', '', 'g'), E'\n' ORDER BY line COLLATE "C"), ''), 'UTF8')), 'hex') FROM (
SELECT 'relation ' || c.relkind::text || ' ' || n.nspname || '.' || c.relname || CASE WHEN c.relkind IN ('v', 'm') THEN ' ' || pg_catalog.pg_get_viewdef(c.oid) ELSE '' END AS line
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {in} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {own c}
UNION ALL
SELECT 'column ' || n.nspname || '.' || c.relname || ' ' || row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum) || ' ' || a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod)
 || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || ' ' || a.attidentity::text || a.attgenerated::text || coalesce(' default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE {in} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND {own c}
UNION ALL
SELECT 'constraint ' || n.nspname || '.' || c.relname || ' ' || k.conname || ' ' || pg_catalog.pg_get_constraintdef(k.oid)
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {in} AND k.contype IN ('c', 'f', 'p', 'u', 'x') AND {own c}
UNION ALL
SELECT 'index ' || CASE WHEN x.indisvalid THEN '' ELSE 'INVALID ' END || pg_catalog.pg_get_indexdef(x.indexrelid)
FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class c ON c.oid = x.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {in} AND c.relkind IN ('r', 'p', 'm') AND {own c}
UNION ALL
SELECT 'sequence ' || n.nspname || '.' || c.relname || ' ' || s.seqtypid::pg_catalog.regtype || ' ' || s.seqstart || ' ' || s.seqincrement || ' ' || s.seqmin || ' ' || s.seqmax || ' ' || s.seqcycle
FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {in} AND {own c}
UNION ALL
SELECT 'trigger ' || pg_catalog.pg_get_triggerdef(g.oid) || ' ' || g.tgenabled::text
FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {in} AND NOT g.tgisinternal AND {own c}
UNION ALL
SELECT 'function ' || pg_catalog.pg_get_functiondef(p.oid)
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE {in} AND p.prokind IN ('f', 'p') AND {own p}
UNION ALL
SELECT 'type ' || n.nspname || '.' || t.typname || ' ' || t.typtype::text || ' ' || coalesce((SELECT string_agg(l.enumlabel, ',' ORDER BY l.enumsortorder) FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid), '') || coalesce(' ' || pg_catalog.format_type(nullif(t.typbasetype, 0), t.typtypmod), '')
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE {in} AND t.typtype IN ('e', 'd') AND {own t}
) AS lines`

// SchemaHash runs SchemaHashSQL in the connection's transaction, whose
// search_path it empties.
func SchemaHash(ctx context.Context, tx pgx.Tx, schema string) (hash string, err error) {
	if _, err := tx.Exec(ctx, "SET LOCAL search_path = ''"); err != nil {
		return "", err
	}
	err = tx.QueryRow(ctx, SchemaHashSQL(schema)).Scan(&hash)
	return hash, err
}
