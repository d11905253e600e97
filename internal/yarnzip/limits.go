package yarnzip

import (
	"context"
	"errors"
	"fmt"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/yarnpatch"
)

// Limits bounds what one tarball may cost. A tarball that exceeds one of them
// is refused with ErrLimit.
type Limits struct {
	// Unpacked is the most bytes that the tarball may decompress to.
	Unpacked int64
	// Entries is the most files, directories and symlinks of the zip.
	Entries int
	// Path is the longest path within the zip, in bytes.
	Path int
	// Names is the most bytes of all paths together.
	Names int
	// Buffer is how many bytes of contents are held in memory. A tarball with
	// a larger file is read twice; one whose contents are needed out of order
	// lies in a temporary file if it unpacks to more.
	Buffer int64
	// TempDir is where that file lies; empty means the system's folder.
	TempDir string
}

// DefaultLimits admit every package that Yarn itself could hold in the memory
// of its zip library, with an order of magnitude to spare over real ones.
func DefaultLimits() Limits {
	return Limits{
		Unpacked: 2 << 30,
		Entries:  500_000,
		Path:     4096,
		Names:    64 << 20,
		Buffer:   16 << 20,
	}
}

var (
	// ErrUnsupported: Yarn might make a zip of it, this package cannot. The
	// caller hands over to Yarn.
	ErrUnsupported = errors.New("not supported without Yarn")
	// ErrArchive: the tarball is damaged, or such that Yarn fails on it too.
	ErrArchive = errors.New("not a usable package tarball")
	// ErrLimit: the tarball exceeds one of Limits.
	ErrLimit = errors.New("the tarball is too large")
)

// nextOf says what can be done about each kind of problem.
func nextOf(err error) string {
	switch {
	case errors.Is(err, ErrUnsupported):
		return "let the repository's own Yarn write the lockfile: --lockfile yarn"
	case errors.Is(err, ErrArchive):
		return "Yarn cannot install this version either: choose another version of the package"
	case errors.Is(err, ErrLimit):
		return "if the package is to be trusted, let the repository's own Yarn write the lockfile: --lockfile yarn"
	case errors.Is(err, yarnpatch.ErrMisfit):
		return "make the patch again for this version of the package: yarn patch"
	default:
		return "make sure that there is room in the folder for temporary files, then run the command again"
	}
}

// about turns err into what the user sees for package name. A cancelled
// context stays as it is, so that the caller can tell it.
func about(err error, name string) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fault.Wrap(err, fault.Pos{}, "checksum of %s", name).WithNext("%s", nextOf(err))
}

func unsupported(format string, args ...any) error { return kindOf(ErrUnsupported, format, args) }
func malformed(format string, args ...any) error   { return kindOf(ErrArchive, format, args) }
func overLimit(format string, args ...any) error   { return kindOf(ErrLimit, format, args) }

func kindOf(kind error, format string, args []any) error {
	return fmt.Errorf("%w: %s", kind, fmt.Sprintf(format, args...))
}
