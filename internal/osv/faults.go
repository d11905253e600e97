package osv

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
)

var (
	errEmpty     = errors.New("it holds no records")
	errEcosystem = errors.New("most of its records are about another ecosystem than npm")
)

// staleError: the database is older than allowed.
type staleError struct {
	date       time.Time
	age, limit time.Duration
}

func (e staleError) Error() string {
	return fmt.Sprintf("it is of %s, %s old; %s are allowed", e.date.UTC().Format(time.DateOnly), days(e.age), days(e.limit))
}

// days is a duration as people say it.
func days(d time.Duration) string {
	if d < 48*time.Hour {
		return d.Round(time.Minute).String()
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}

// unusable is the error for a database that must not be believed.
func unusable(path string, err error, opt Options) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	e := fault.Wrap(err, fault.Pos{File: path}, "the OSV database cannot be used")
	e.Next = opt.next(filepath.Dir(path))
	if errors.As(err, new(staleError)) {
		e.Next += ", or allow an older one with --max-db-age"
	}
	return e
}

// incomplete is the error for an answer that must not be believed.
func incomplete(err error, format string, args ...any) *fault.Error {
	e := fault.New("the advisories are incomplete: "+format, args...)
	e.Err = err
	return e
}
