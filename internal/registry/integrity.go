package registry

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"
)

// verifier is what a tarball must hash to: any one of the sums.
type verifier struct {
	algorithm string
	new       func() hash.Hash
	sums      [][]byte
}

// algorithms, the strongest first, as the ssri package ranks them.
var algorithms = []struct {
	name string
	size int
	new  func() hash.Hash
}{
	{"sha512", sha512.Size, sha512.New},
	{"sha384", sha512.Size384, sha512.New384},
	{"sha256", sha256.Size, sha256.New},
	{"sha1", sha1.Size, sha1.New},
}

// newVerifier picks the strongest algorithm that integrity has a usable hash
// of; of several hashes of that one any may match. shasum, SHA-1 in hex, is
// used only if integrity has none. ok is false if neither helps.
func newVerifier(integrity, shasum string) (v verifier, ok bool) {
	for _, a := range algorithms {
		v = verifier{algorithm: a.name, new: a.new}
		for _, item := range strings.Fields(integrity) {
			name, sum, _ := strings.Cut(item, "-")
			sum, _, _ = strings.Cut(sum, "?") // options
			raw, err := base64.StdEncoding.DecodeString(sum)
			if name == a.name && err == nil && len(raw) == a.size {
				v.sums = append(v.sums, raw)
			}
		}
		if len(v.sums) > 0 {
			return v, true
		}
	}
	raw, err := hex.DecodeString(strings.TrimSpace(shasum))
	if err != nil || len(raw) != sha1.Size {
		return verifier{}, false
	}
	return verifier{algorithm: "sha1", new: sha1.New, sums: [][]byte{raw}}, true
}

func (v verifier) matches(sum []byte) bool {
	for _, want := range v.sums {
		if bytes.Equal(want, sum) {
			return true
		}
	}
	return false
}
