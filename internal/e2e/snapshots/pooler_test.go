package snapshots

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"
)

// pooler stands before the server on port as pgbouncer does: it gives its
// clients keys of its own (BackendKeyData), since a session has no fixed
// process behind it.
func pooler(t *testing.T, port int) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				client.Close()
				continue
			}
			go func() { _, _ = io.Copy(server, client); server.Close() }()
			go func() { rewriteKeys(client, server); client.Close() }()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// rewriteKeys copies the server's messages and changes the key of 'K'.
func rewriteKeys(client io.Writer, server io.Reader) {
	first := make([]byte, 1)
	for {
		if _, err := io.ReadFull(server, first); err != nil {
			return
		}
		if first[0] == 'N' || first[0] == 'S' { // the answer to a request for TLS, or a ParameterStatus
			if first[0] == 'N' {
				if _, err := client.Write(first); err != nil {
					return
				}
				continue
			}
		}
		size := make([]byte, 4)
		if _, err := io.ReadFull(server, size); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(size)-4)
		if _, err := io.ReadFull(server, body); err != nil {
			return
		}
		if first[0] == 'K' {
			binary.BigEndian.PutUint32(body, 424242)
		}
		if _, err := client.Write(append(append(first[:1:1], size...), body...)); err != nil {
			return
		}
	}
}
