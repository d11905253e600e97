package osv

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
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

// futureError: the newest record is of a day to come.
type futureError time.Time

func (e futureError) Error() string {
	return fmt.Sprintf("its newest record is of %s, which is still to come; is the clock of this machine right?", time.Time(e).Format(time.DateOnly))
}

// days is a duration as people say it.
func days(d time.Duration) string {
	switch n := int(d / (24 * time.Hour)); {
	case d < 48*time.Hour:
		return d.Round(time.Minute).String()
	default:
		return fmt.Sprintf("%d days", n)
	}
}

// unusable is the error for a database that must not be believed.
func unusable(path string, err error, opt Options) error {
	what := "the OSV database cannot be used"
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	e := fault.Wrap(err, fault.Pos{File: path}, "%s", what)
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

// escapeGlob makes a path match itself alone.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
