package database

import (
	"errors"
	"os"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/repofile"
)

// sslOfURI makes the ssl value of the ssl parameters.
func sslOfURI(out *value, dir string, o appconfig.Origin) error {
	param := func(name string) string {
		if v := out.get(name); v != nil {
			return v.text
		}
		return ""
	}
	switch param("ssl") {
	case "true", "1":
		out.set("ssl", boolean(true, o))
	case "0":
		out.set("ssl", boolean(false, o))
	}
	mode := param("sslmode")
	ssl := object()
	ssl.origin = o
	if mode != "" || param("sslcert") != "" || param("sslkey") != "" || param("sslrootcert") != "" {
		out.set("ssl", ssl)
	}
	if param("sslnegotiation") == "direct" && out.get("ssl") == nil {
		out.set("ssl", boolean(true, o))
	}
	for _, f := range [][2]string{{"sslcert", "cert"}, {"sslkey", "key"}, {"sslrootcert", "ca"}} {
		name := param(f[0])
		if name == "" {
			continue
		}
		src, err := readSmall(resolvePath(dir, name))
		if err != nil {
			return errors.New("the file of " + f[0] + " in the connection string cannot be read")
		}
		ssl.set(f[1], text(string(src), o))
	}
	if param("uselibpqcompat") == "true" {
		return libpqCompat(out, ssl, mode, param("sslrootcert") != "", o)
	}
	switch mode {
	case "disable":
		out.set("ssl", boolean(false, o))
	case "no-verify":
		ssl.set("rejectUnauthorized", boolean(false, o))
	}
	return nil
}

// readSmall reads a certificate or a list of them: a regular file of at most
// 4 MB.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > 4<<20 {
		return nil, errors.New("not a file of certificates")
	}
	return repofile.Read(path, 4<<20)
}

// anyName marks an ssl value whose server name is not checked: in
// pg-connection-string it has a checkServerIdentity that does nothing.
const anyName = "checkServerIdentity"

func libpqCompat(out, ssl *value, mode string, rootCert bool, o appconfig.Origin) error {
	switch mode {
	case "disable":
		out.set("ssl", boolean(false, o))
	case "prefer":
		ssl.set("rejectUnauthorized", boolean(false, o))
	case "require":
		if rootCert {
			ssl.set(anyName, boolean(true, o))
		} else {
			ssl.set("rejectUnauthorized", boolean(false, o))
		}
	case "verify-ca":
		if ssl.get("ca") == nil {
			return errors.New("sslmode=verify-ca in the connection string needs sslrootcert")
		}
		ssl.set(anyName, boolean(true, o))
	}
	return nil
}
