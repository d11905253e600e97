package pg

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/secret"
)

// refusing is a server that answers every connection with an error.
func refusing(t *testing.T, code string) Target {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			server := pgproto3.NewBackend(conn, conn)
			if _, err := server.ReceiveStartupMessage(); err == nil {
				server.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: "no, says the server"})
				_ = server.Flush()
			}
			conn.Close()
		}
	}()
	return Target{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, User: "app", SSLMode: "disable"}
}

// A failed connection names what the target lacks before all else, and alone
// where the server refused the login.
func TestConnectSaysWhatIsLacking(t *testing.T) {
	const lacks = "Set PGPW (app.yaml:3 uses it for connection.password)"
	closed := Target{Host: "127.0.0.1", Port: 1, User: "app", SSLMode: "disable"}
	for _, tt := range []struct {
		name, code  string
		plain, hint string
	}{
		{"login", "28P01", "Check the user and the password, and the server's pg_hba.conf", lacks + ", then run again"},
		{"not admitted", "28000", "Check the user and the password, and the server's pg_hba.conf", lacks + ", then run again"},
		{"no database", "3D000", "Check the name of the database and of the server", lacks + ", then run again; if it still fails, check the name of the database and of the server"},
		{"no right", "42501", `GRANT CONNECT ON DATABASE "main" TO "app"`, lacks + `, then run again; if it still fails, GRANT CONNECT ON DATABASE "main" TO "app"`},
		{"nobody there", "", "Check that the server is up and that host, port and ssl are right",
			lacks + ", then run again; if it still fails, check that the server is up and that host, port and ssl are right"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target := closed
			if tt.code != "" {
				target = refusing(t, tt.code)
			}
			for _, lacks := range []string{"", lacks} {
				target.Lacks = lacks
				want := tt.plain
				if lacks != "" {
					want = tt.hint
				}
				_, err := target.Connect(t.Context(), "main")
				if got := fault.NextOf(err); got != want {
					t.Errorf("%v\n got %q\nwant %q", err, got, want)
				}
				if Code(err) != tt.code {
					t.Errorf("the code of %v is %q, want %q", err, Code(err), tt.code)
				}
				if tt.code != "" && !strings.HasSuffix(err.Error(), ": no, says the server") {
					t.Errorf("not in the server's words: %v", err)
				}
			}
		})
	}
}

// What the server said is the end of the chain however often it is asked for.
func TestCauseKeepsTheCode(t *testing.T) {
	_, err := refusing(t, "57P03").Connect(t.Context(), "")
	again := fault.Wrap(Cause(Cause(err)), fault.Pos{}, "no listing")
	if Code(again) != "57P03" || Cause(again).Error() != "no, says the server" || again.Error() != "no listing: no, says the server" {
		t.Errorf("%v, code %q", again, Code(again))
	}
	if plain := errors.New("plain"); Cause(fault.Wrap(plain, fault.Pos{}, "x")) != plain || Code(plain) != "" {
		t.Error("another error is changed")
	}
}

// What cannot be used at all is refused before anything connects, with the way
// out.
func TestRefusalsSayWhatToDo(t *testing.T) {
	var private Private
	defer private.Close()
	access := func(t Target) error { _, err := private.Access(t); return err }
	config := func(t Target) error { _, err := t.config("postgres"); return err }
	for _, tt := range []struct {
		err        error
		what, next string
	}{
		{access(Target{Host: "h", User: "u", Password: secret.New("a\nb")}), "the password of u@h:5432 holds a line break", "another password"},
		{config(Target{Host: "h", SSLMode: "require", Cert: "x", Key: secret.New("y")}), "certificate for h:5432 and its key do not match", "one pair"},
		{config(Target{Host: "h", SSLMode: "on"}), `the sslmode "on" is not one`, "verify-full"},
	} {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.what) || !strings.Contains(fault.NextOf(tt.err), tt.next) {
			t.Errorf("got %v, next %q", tt.err, fault.NextOf(tt.err))
		}
	}
}
