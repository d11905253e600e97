package pg

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Ident quotes a name for SQL, or the parts of one: "schema"."table".
func Ident(parts ...string) string {
	quoted := make([]string, len(parts))
	for i, p := range parts {
		quoted[i] = `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
	}
	return strings.Join(quoted, ".")
}

// Literal quotes a text for SQL. A backslash needs the E form: what it means in
// a plain literal depends on standard_conforming_strings.
func Literal(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

// Conninfo names a database to libpq: a bare name that holds "=" would be read
// as a connection string.
func Conninfo(database string) string { return "dbname=" + conninfoValue(database) }

func conninfoValue(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// Queryer is a connection, or a transaction in one.
type Queryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Rows are the rows of a query, each as row reads it.
func Rows[T any](ctx context.Context, on Queryer, row pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, _ := on.Query(ctx, sql, args...) // rows has its error, too
	return pgx.CollectRows(rows, row)
}

// Texts are the rows of a query that are one text each.
func Texts(ctx context.Context, on Queryer, sql string, args ...any) ([]string, error) {
	return Rows(ctx, on, pgx.RowTo[string], sql, args...)
}
