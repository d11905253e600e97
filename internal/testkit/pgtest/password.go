package pgtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"testing"
)

// Password is what CREATE ROLE takes as a password's SCRAM verifier: the login
// is the same, but for one round of hashing instead of 4096, which are a third
// of what a start of psql costs.
func Password(t testing.TB, password string) string {
	t.Helper()
	for _, c := range []byte(password) {
		if c < ' ' || c > '~' {
			t.Fatalf("%q needs SASLprep", password)
		}
	}
	const salt = "portalctl's salt"
	mac := func(key, text []byte) []byte {
		h := hmac.New(sha256.New, key)
		h.Write(text)
		return h.Sum(nil)
	}
	salted := mac([]byte(password), binary.BigEndian.AppendUint32([]byte(salt), 1))
	stored := sha256.Sum256(mac(salted, []byte("Client Key")))
	text := base64.StdEncoding.EncodeToString
	return "SCRAM-SHA-256$1:" + text([]byte(salt)) + "$" + text(stored[:]) + ":" + text(mac(salted, []byte("Server Key")))
}
