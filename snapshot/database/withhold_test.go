package database

import (
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/pg"
)

// TestPasswordOfTheAdministrator: PGPASSWORD that is --admin-dsn's goes to no
// other server that app-config names, by node-pg's rule or by its name.
func TestPasswordOfTheAdministrator(t *testing.T) {
	admin := &pg.Target{Host: "db.example", Port: 5432}
	local := &pg.Target{Host: "/run/postgresql"}
	for _, tt := range []struct {
		connection string
		of         *pg.Target
		want       string
	}{
		{"{host: evil.example, user: u}", admin, ""},
		{"{host: evil.example, user: u, password: '${PGPASSWORD}'}", admin, ""},
		{"{host: evil.example, user: u, password: 'x${PGPASSWORD}'}", admin, ""},
		{"'postgres://u:${PGPASSWORD}@evil.example/x'", admin, ""},
		{"{host: db.example, port: 5433, user: u}", admin, ""},
		{"{host: evil.example, user: u}", local, ""},
		{"{host: db.example, user: u}", admin, "adm1n"},
		{"{host: localhost, user: u}", local, "adm1n"},
		{"{host: evil.example, user: u}", nil, "adm1n"},
		{"{host: evil.example, user: u, password: '${OWN}'}", admin, "0wn"},
	} {
		l, err := lacking(t, "backend: {database: {client: pg, connection: "+tt.connection+"}}\n", "{}\n",
			options{Env: []string{"PGPASSWORD=adm1n", "OWN=0wn"}, PasswordOf: tt.of})
		if err != nil {
			t.Fatal(err)
		}
		p := l.Plugins[0]
		if got := p.Server.Password.Reveal(); got != tt.want {
			t.Errorf("%s: the password is %q, want %q", tt.connection, got, tt.want)
		}
		if _, has := p.From["password"]; tt.want == "" && (has || !strings.Contains(p.Server.Lacks, "PGPASSFILE") || len(l.Notes) != 1) {
			t.Errorf("%s: from %v, lacks %q, notes %v", tt.connection, p.From["password"], p.Server.Lacks, l.Notes)
		}
	}
}
