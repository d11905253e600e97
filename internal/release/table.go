package release

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:generate go run ./gentable -from $BACKSTAGE_VERSIONS -to table.bin

// tableData is the manifests of all releases up to the day it was generated. It
// is laid out by package, since that is how a lock asks:
//
//	releases: count, then their versions, ascending
//	names:    count, then for each its text, the length of its column, the column
//	column:   runs of releases that have the package in one version
//	run:      how many releases, then the step from the run before
//	step:     0 no version; 1 major, minor, patch, prerelease; else
//	          2 + 4*pre + part, where part 0 repeats the last numbers, 1 to 3
//	          raise the patch, minor or major version by one, and pre is 0 for no
//	          prerelease or N+1 for next.N
//
// Numbers are varints; a text is its length and its bytes. gentable writes it;
// table.LICENSE says where the data comes from.
//
//go:embed table.bin
var tableData string

// table is tableData with its columns found, and not yet read.
type table struct {
	releases []string // ascending
	names    []string // sorted
	columns  map[string]reader
}

// readTable finds the columns. That reads some 1000 short texts.
var readTable = sync.OnceValue(func() *table {
	r := reader(tableData)
	t := &table{releases: make([]string, r.number())}
	for i := range t.releases {
		t.releases[i] = r.text()
	}
	t.names = make([]string, r.number())
	t.columns = make(map[string]reader, len(t.names))
	for i := range t.names {
		t.names[i] = r.text()
		t.columns[t.names[i]] = reader(r.text())
	}
	return t
})

// run is the releases from one index up to another that have one version of a
// package.
type run struct {
	from, to            int
	major, minor, patch uint64
	pre                 string
	next                int // N of next.N, -1 for none
}

// version is the text of the run's version, appended to b.
func (r *run) version(b []byte) []byte {
	b = strconv.AppendUint(b, r.major, 10)
	b = strconv.AppendUint(append(b, '.'), r.minor, 10)
	b = strconv.AppendUint(append(b, '.'), r.patch, 10)
	switch {
	case r.next >= 0:
		b = strconv.AppendInt(append(b, "-next."...), int64(r.next), 10)
	case r.pre != "":
		b = append(append(b, '-'), r.pre...)
	}
	return b
}

// begins reports whether a version begins with the run's three numbers.
func (r *run) begins(version string) bool {
	i := 0
	for n, want := range [...]uint64{r.major, r.minor, r.patch} {
		if n > 0 {
			if i == len(version) || version[i] != '.' {
				return false
			}
			i++
		}
		got, from := uint64(0), i
		for i < len(version) && version[i]-'0' < 10 {
			got = got*10 + uint64(version[i]-'0')
			i++
		}
		if got != want || i == from {
			return false
		}
	}
	return true
}

// runs are the versions of a package over the releases, in order.
func (t *table) runs(name string) func(func(*run) bool) {
	return func(yield func(*run) bool) {
		col := t.columns[name]
		var r run
		for len(col) > 0 {
			r.from = r.to
			r.to += int(col.number())
			step := col.byte()
			if step == 0 {
				continue
			}
			r.pre, r.next = "", -1
			if step == 1 {
				r.major, r.minor, r.patch = col.number(), col.number(), col.number()
				r.pre = col.text()
			} else {
				switch (step - 2) % 4 {
				case 1:
					r.patch++
				case 2:
					r.minor, r.patch = r.minor+1, 0
				case 3:
					r.major, r.minor, r.patch = r.major+1, 0, 0
				}
				r.next = int(step-2)/4 - 1
			}
			if !yield(&r) {
				return
			}
		}
	}
}

// Known is the manifest of a release as this portalctl was built with, nil for
// one that it does not know. It asks neither a host nor a cache.
func Known(version string) *Manifest {
	t := readTable()
	at := slices.Index(t.releases, version)
	if at < 0 {
		return nil
	}
	m := &Manifest{ReleaseVersion: version, Packages: map[string]string{}}
	for _, name := range t.names {
		for r := range t.runs(name) {
			if r.from <= at && at < r.to {
				m.Packages[name] = string(r.version(nil))
				break
			}
		}
	}
	return m
}

// Names are the packages that some release in the table has, sorted.
func Names() []string { return slices.Clone(readTable().names) }

// isNext tells prereleases from the releases of the main line.
func isNext(release string) bool { return strings.Contains(release, "-") }

// Mains are the releases of the main line that the table knows, in ascending order.
func Mains() []string {
	return slices.DeleteFunc(slices.Clone(readTable().releases), isNext)
}

// Gone is the newest release on the main line that has a package, where newer ones
// do not have it any more; "" else.
func Gone(name string) string {
	t := readTable()
	last := -1
	for r := range t.runs(name) {
		for i := r.from; i < r.to; i++ {
			if !isNext(t.releases[i]) {
				last = i
			}
		}
	}
	if last < 0 || !slices.ContainsFunc(t.releases[last+1:], func(v string) bool { return !isNext(v) }) {
		return ""
	}
	return t.releases[last]
}

// reader takes values from the start of the table.
type reader string

func (r *reader) byte() byte {
	b := (*r)[0]
	*r = (*r)[1:]
	return b
}

func (r *reader) number() uint64 {
	n, shift := uint64(0), 0
	for {
		b := r.byte()
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
		shift += 7
	}
}

func (r *reader) text() string {
	n := r.number()
	s := string((*r)[:n])
	*r = (*r)[n:]
	return s
}

// NewestMain is the newest release of the main line that this portalctl was built with:
// there may be newer ones by now.
func NewestMain() string {
	for _, version := range slices.Backward(readTable().releases) {
		if !isNext(version) {
			return version
		}
	}
	return ""
}

// WithPackage are the releases that have a package in a version, ascending, as
// this portalctl was built with.
func WithPackage(name, version string) []string {
	t := readTable()
	var out []string
	for r := range t.runs(name) {
		if string(r.version(nil)) == version {
			out = append(out, t.releases[r.from:r.to]...)
		}
	}
	return out
}
