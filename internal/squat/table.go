package squat

import (
	_ "embed"
	"io"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

//go:generate go run ./gentable -from $NPM_HIGH_IMPACT -to table.bin

// tableData has the names of popular packages, sorted and compressed by gzip. Each
// is a line: a letter for how popular it is, a character for how much of the name
// before it begins as it does ('!' for nothing, one more for each byte), and the rest.
// The letter is the number of bits of its rank: 'a' is the first name, 'k' the 513th
// to the 1024th. gentable writes it; table.LICENSE says where the data comes from.
//
//go:embed table.bin
var tableData string

// popular is a package that is known by its name.
type popular struct {
	name string
	// bits is the length of its rank in binary: the less, the more popular.
	bits int
}

// table is read when it is first asked for, which takes some milliseconds.
var table = sync.OnceValue(func() []popular {
	z, err := gzip.NewReader(strings.NewReader(tableData))
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil
	}
	list := make([]popular, 0, 18_000)
	last := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) < 2 {
			continue
		}
		last = last[:min(int(line[1]-'!'), len(last))] + line[2:]
		list = append(list, popular{last, int(line[0] - 'a')})
	}
	return list
})
