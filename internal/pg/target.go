// Package pg is PostgreSQL as portalctl uses it: connections, the client
// programs with their versions, child processes that die with us, and clusters
// that exist for one rehearsal. It knows nothing of Backstage.
//
// A password reaches a child through a passfile alone: argv and environment of
// a process can be read by others, and both end up in crash reports.
package pg

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/secret"
)

// Target is where a server is and who asks, in libpq's terms. The database is
// given for each connection, since a portal has one for each plugin.
type Target struct {
	// Host is a name, an address, or the folder of a Unix socket.
	Host     string
	Port     int // 0 means 5432
	User     string
	Password secret.Text
	// SSLMode is one of libpq's: disable, allow, prefer, require, verify-ca,
	// verify-full; "" means prefer.
	SSLMode string
	// RootCert, Cert and Key are PEM texts, "" for none.
	RootCert, Cert string
	Key            secret.Text
	// Clear lets a server ask for the password in clear text although there is no
	// TLS: who named the server (--dsn) has decided that.
	Clear bool
	// Role is what SET ROLE is run with after connecting, "" for nothing.
	Role string
	// Lacks says in the imperative, without a full stop, what whoever made the
	// target could not fill in, "" for nothing. When connecting fails it is the
	// likely reason, and the first step that the error names.
	Lacks string
	// Maintenance is the database to connect to when none is meant, "" for
	// "postgres".
	Maintenance string
}

// PortOr is the port, 5432 when none is set.
func (t Target) PortOr() int {
	if t.Port == 0 {
		return 5432
	}
	return t.Port
}

// Key identifies the server that the target points at, without user and
// password: host:port.
func (t Target) Address() string {
	if strings.HasPrefix(t.Host, "/") {
		return t.Host + ":" + strconv.Itoa(t.PortOr())
	}
	return net.JoinHostPort(t.Host, strconv.Itoa(t.PortOr()))
}

// String names the target for people: user@host:port.
func (t Target) String() string {
	if t.User == "" {
		return t.Address()
	}
	return t.User + "@" + t.Address()
}

// Local reports whether the server is reached by a Unix socket or loopback.
func (t Target) Local() bool {
	if strings.HasPrefix(t.Host, "/") || t.Host == "localhost" {
		return true
	}
	ip := net.ParseIP(t.Host)
	return ip != nil && ip.IsLoopback()
}

// AppName is the application_name of all our sessions; the server's activity
// view tells them from the portal's by it.
const AppName = "portalctl"

// Connect opens a connection to a database of the target, "" for the
// maintenance database, and sets the role. The error is a fault without any
// password in it.
func (t Target) Connect(ctx context.Context, database string) (*pgx.Conn, error) {
	if database == "" {
		database = cmp.Or(t.Maintenance, "postgres")
	}
	cfg, err := t.config(database)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, t.connectError(err, database)
	}
	if t.Role != "" {
		if _, err := conn.Exec(ctx, "SET ROLE "+Ident(t.Role)); err != nil {
			_ = conn.Close(ctx)
			return nil, fault.Wrap(Cause(err), fault.Pos{}, "%s may not act as the role %s", t, t.Role).
				WithNext("GRANT %s TO %s, or correct the role in app-config", t.Role, t.User)
		}
	}
	return conn, nil
}

func (t Target) config(database string) (*pgx.ConnConfig, error) {
	// pgx fills in what the string leaves out from libpq's environment; all
	// that could come from there is set, so that the target alone decides.
	cfg, err := pgx.ParseConfig("sslmode=disable host=localhost user=x dbname=x password=x application_name=" + AppName)
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{}, "libpq's environment variables are not understood").
			WithNext("Correct or unset PGSERVICE, PGCONNECT_TIMEOUT and the like")
	}
	cfg.Host, cfg.Port, cfg.User, cfg.Database = t.Host, uint16(t.PortOr()), t.User, database
	cfg.Password = t.Password.Reveal()
	cfg.ConnectTimeout = 15 * time.Second
	cfg.Fallbacks, cfg.TLSConfig = nil, nil
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	if strings.HasPrefix(t.Host, "/") {
		return cfg, nil
	}
	mode := cmp.Or(t.SSLMode, "prefer")
	if !t.Clear && !t.Local() && (mode == "disable" || mode == "allow" || mode == "prefer") {
		cfg.RequireAuth = "!password"
	}
	if mode == "disable" {
		return cfg, nil
	}
	withTLS, err := t.tls(mode)
	if err != nil {
		return nil, err
	}
	plain := &pgconn.FallbackConfig{Host: cfg.Host, Port: cfg.Port}
	switch mode {
	case "allow":
		cfg.Fallbacks = []*pgconn.FallbackConfig{{Host: cfg.Host, Port: cfg.Port, TLSConfig: withTLS}}
	case "prefer":
		cfg.TLSConfig, cfg.Fallbacks = withTLS, []*pgconn.FallbackConfig{plain}
	default:
		cfg.TLSConfig = withTLS
	}
	return cfg, nil
}

// tls is libpq's reading of an sslmode: verify-ca checks the chain and not the
// name, and require with a root certificate counts as verify-ca.
func (t Target) tls(mode string) (*tls.Config, error) {
	cfg := &tls.Config{ServerName: t.Host, MinVersion: tls.VersionTLS12}
	if t.RootCert != "" {
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM([]byte(t.RootCert)) {
			return nil, fault.New("the CA certificate for %s holds no certificate", t.Address()).
				WithNext("Give ssl.ca the PEM text of the server's CA")
		}
		if mode == "require" {
			mode = "verify-ca"
		}
	}
	if t.Cert != "" && !t.Key.IsZero() {
		pair, err := tls.X509KeyPair([]byte(t.Cert), []byte(t.Key.Reveal()))
		if err != nil {
			return nil, fault.New("the client certificate for %s and its key do not match", t.Address()).
				WithNext("Give ssl.cert and ssl.key the PEM text of one pair")
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	switch mode {
	case "allow", "prefer", "require":
		cfg.InsecureSkipVerify = true
	case "verify-ca":
		cfg.InsecureSkipVerify = true
		roots := cfg.RootCAs
		cfg.VerifyConnection = func(s tls.ConnectionState) error {
			opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
			for _, c := range s.PeerCertificates[1:] {
				opts.Intermediates.AddCert(c)
			}
			_, err := s.PeerCertificates[0].Verify(opts)
			return err
		}
	case "verify-full":
	default:
		return nil, fault.New("the sslmode %q is not one of libpq's", mode).
			WithNext("Use disable, allow, prefer, require, verify-ca or verify-full")
	}
	return cfg, nil
}

func (t Target) connectError(err error, database string) error {
	f := fault.Wrap(Cause(err), fault.Pos{}, "cannot connect to the database %s as %s", database, t)
	code := Code(err)
	refused := code == "28P01" || code == "28000"
	switch {
	case strings.Contains(err.Error(), "require_auth"):
		return f.WithNext("Turn TLS on (ssl in app-config): the server asks for the password in clear text; or name the server yourself with --dsn")
	case refused && t.Lacks != "":
		return f.WithNext("%s, then run again", t.Lacks)
	case refused:
		return t.next(f, "check the user and the password, and the server's pg_hba.conf")
	case code == "3D000":
		return t.next(f, "check the name of the database and of the server")
	case code == "42501":
		return t.next(f, fmt.Sprintf("GRANT CONNECT ON DATABASE %s TO %s", Ident(database), Ident(t.User)))
	}
	return t.next(f, "check that the server is up and that host, port and ssl are right")
}

// next is what to do about a failed connection: a step, after what the target
// lacks. A missing host and a server that is down look alike.
func (t Target) next(f *fault.Error, step string) error {
	if t.Lacks == "" {
		return f.WithNext("%s", strings.ToUpper(step[:1])+step[1:])
	}
	return f.WithNext("%s, then run again; if it still fails, %s", t.Lacks, step)
}

// Cause is the part of a pgx error that says what the server or the network
// answered, with its Code. The error around it repeats the connection string.
func Cause(err error) error {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		text := pgErr.Message
		if pgErr.Detail != "" {
			text += " (" + pgErr.Detail + ")"
		}
		return &answer{text, pgErr}
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// answer is what a server said, in its own words.
type answer struct {
	text string
	err  *pgconn.PgError
}

func (a *answer) Error() string { return a.text }
func (a *answer) Unwrap() error { return a.err }

// Code is the SQLSTATE of an error, "" when the server did not say it.
func Code(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code
	}
	return ""
}
