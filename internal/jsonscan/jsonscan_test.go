package jsonscan

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// A string ends at the same quote however it comes: backslashes before it may be in
// another piece than the quote.
func TestStrings(t *testing.T) {
	for n := range 5 {
		for _, text := range []string{strings.Repeat(`\`, n), strings.Repeat(`\`, n) + `"`, `a"` + strings.Repeat(`\`, n) + "\n" + `\`, "é" + strings.Repeat(`\`, n) + `"x"`} {
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			src := fmt.Sprintf(`{"skipped":[%s],"kept":%s}`, quoted, quoted)
			whole := new(Scanner)
			whole.Reset([]byte(src))
			for name, s := range map[string]*Scanner{"whole": whole, "a byte at a time": New(iotest.OneByteReader(strings.NewReader(src)), 1<<10)} {
				got, raw := "", []byte(nil)
				err := s.Object(func(key []byte) (err error) {
					if string(key) != "kept" {
						return s.Array(func() error { raw, err = s.Raw(nil); return err })
					}
					got, _, err = s.Text()
					return err
				})
				if err = errors.Join(err, s.AtEnd()); err != nil || got != text || string(raw) != string(quoted) {
					t.Errorf("%s: %s, %s: %q %s, %v", name, src, quoted, got, raw, err)
				}
			}
			cut := new(Scanner)
			cut.Reset(quoted[:len(quoted)-1])
			if err := cut.Skip(); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("cut off: %s: %v", quoted, err)
			}
		}
	}
}

func TestNull(t *testing.T) {
	s := new(Scanner)
	s.Reset([]byte(` [null, "null" ] `))
	var got []bool
	err := s.Array(func() error {
		null, err := s.IsNull()
		if got = append(got, null); null || err != nil {
			return err
		}
		return s.Skip()
	})
	if err = errors.Join(err, s.AtEnd()); err != nil || len(got) != 2 || !got[0] || got[1] {
		t.Error(got, err)
	}
}
