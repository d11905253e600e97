package pg

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/secret"
)

// TestPasswordInClearText: a server beyond loopback that asks for the password as
// it is, without TLS, does not get it, unless the user named the server.
func TestPasswordInClearText(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan string, 1)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			got <- asks(conn)
		}
	}()
	if _, err := net.LookupHost("localhost."); err != nil {
		t.Skip("localhost. has no address here: the test takes it for a host beyond loopback")
	}
	far := Target{Host: "localhost.", Port: l.Addr().(*net.TCPAddr).Port, User: "app", Password: secret.New("hunter22"), SSLMode: "disable"}
	near, named := far, far
	near.Host, named.Clear = "127.0.0.1", true
	for _, tt := range []struct {
		name   string
		target Target
		want   string
	}{{"beyond loopback", far, ""}, {"loopback", near, "hunter22"}, {"named by the user", named, "hunter22"}} {
		_, err := tt.target.Connect(context.Background(), "x")
		if password := <-got; password != tt.want {
			t.Errorf("%s: the server got %q", tt.name, password)
		}
		if err == nil || strings.Contains(err.Error(), "hunter22") {
			t.Errorf("%s: %v", tt.name, err)
		}
		if tt.want == "" && !strings.Contains(fault.NextOf(err), "TLS") {
			t.Errorf("%s: next is %q", tt.name, fault.NextOf(err))
		}
	}
	for mode, want := range map[string]string{"": "!password", "prefer": "!password", "allow": "!password", "require": "", "verify-full": ""} {
		far.SSLMode = mode
		if cfg, err := far.config("x"); err != nil || cfg.RequireAuth != want {
			t.Errorf("%q: %q, %v", mode, cfg.RequireAuth, err)
		}
	}
	if target, err := ParseDSN("postgres://u@db.example/x?sslmode=disable"); err != nil || !target.Clear {
		t.Errorf("--dsn: %+v, %v", target, err)
	}
}

// asks is a server that asks for the password in clear text and returns it.
func asks(conn net.Conn) string {
	defer conn.Close()
	server := pgproto3.NewBackend(conn, conn)
	if _, err := server.ReceiveStartupMessage(); err != nil {
		return err.Error()
	}
	server.Send(&pgproto3.AuthenticationCleartextPassword{})
	if server.Flush() != nil || server.SetAuthType(pgproto3.AuthTypeCleartextPassword) != nil {
		return "no"
	}
	msg, err := server.Receive()
	if p, ok := msg.(*pgproto3.PasswordMessage); ok && err == nil {
		server.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28P01", Message: "no"})
		_ = server.Flush()
		return p.Password
	}
	return ""
}
