package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/txn"
)

// SHA256 is the sum of a file's content, in hex.
func SHA256(src []byte) string {
	sum := sha256.Sum256(src)
	return hex.EncodeToString(sum[:])
}

// sumsText is what sha256sum prints for files: two spaces, sorted by name.
func sumsText(sums map[string]string) []byte {
	var b bytes.Buffer
	for _, n := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(&b, "%s  %s\n", sums[n], n)
	}
	return b.Bytes()
}

// readSums reads a file of sums by name. A line that sha256sum would not have
// written means damage.
func readSums(name string) (map[string]string, error) {
	src, err := readLimited(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, damaged(name, "the file is not there")
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: name}, "cannot be read")
	}
	sums := map[string]string{}
	text, ok := strings.CutSuffix(string(src), "\n")
	if !ok {
		return nil, damaged(name, "it ends in the middle of a line")
	}
	for i, line := range strings.Split(text, "\n") {
		sum, file, ok := strings.Cut(line, "  ")
		if raw, err := hex.DecodeString(sum); !ok || err != nil || len(raw) != sha256.Size || file == "" || file != filepath.Base(file) || strings.ToLower(sum) != sum {
			return nil, damaged(name, "line %d is not a sum", i+1)
		}
		sums[file] = sum
	}
	return sums, nil
}

// WritePlanSums records the files that a plan has added to the snapshot, so
// that verify notices when one of them changes.
func WritePlanSums(dir string, files map[string][]byte) error {
	sums := map[string]string{}
	for name, content := range files {
		sums[name] = SHA256(content)
	}
	return txn.WriteFile(filepath.Join(dir, PlanSumsFile), sumsText(sums), 0o600)
}

// readVerification reads verify.json, nil if there is none or if it belongs to
// another manifest.
func readVerification(name, manifest string) (*Verification, error) {
	src, err := readLimited(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Pos{File: name}, "cannot be read")
	}
	var v Verification
	if json.Unmarshal(src, &v) != nil || v.sum() != v.Sum {
		return nil, damaged(name, "the result of the last verification was changed")
	}
	text, err := jsonText(v)
	if err != nil || !bytes.Equal(text, src) {
		return nil, damaged(name, "the result of the last verification was changed")
	}
	if v.Manifest != manifest {
		return nil, nil
	}
	return &v, nil
}

// sum is the SHA-256 of the verification with an empty Sum, in hex.
func (v Verification) sum() string {
	v.Sum = ""
	src, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return SHA256(src)
}

func jsonText(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}
