package rollback

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/pg"
	"github.com/portalctl/portalctl/snapshot"
)

// Trust gives a login that checks the server's certificate, and does not say
// against what, the CA that the snapshot has kept. dir is the snapshot's folder.
func (p *Plan) Trust(dir string, servers []pg.Target) error {
	for i := range servers {
		ca := p.Servers[i].CA
		if ca == nil || servers[i].RootCert != "" || !strings.HasPrefix(servers[i].SSLMode, "verify-") {
			continue
		}
		name := filepath.Join(dir, ca.Name)
		src, err := os.ReadFile(name)
		if err != nil {
			return fault.Wrap(err, fault.Pos{File: name}, "the server's CA cannot be read").WithNext("Copy the whole folder of the snapshot, or name a CA with sslrootcert=")
		}
		if snapshot.SHA256(src) != ca.SHA256 {
			return damaged(name)
		}
		servers[i].RootCert = string(src)
	}
	return nil
}
