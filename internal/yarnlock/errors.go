package yarnlock

import (
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

const (
	nextRestore    = "restore the file from version control and run `yarn install`"
	nextRestoreCap = "Restore the file from version control and run `yarn install`."
	nextRewrite    = "Run `yarn install` to have Yarn rewrite the file."
)

// conflict names the places of all conflict markers of the file.
func (p *parser) conflict() error {
	return fault.Conflict(p.lock.File, []byte(p.src), true).
		WithNext("Run `yarn install`: Yarn resolves conflicts in its lockfile by itself; then run this again.")
}

// cutShort is the error of an entry that lacks something at the file's end.
func (p *parser) cutShort(what string) error {
	return p.fail(len(p.src), "the file ends early: %s", what).WithNext("%s", nextRestoreCap)
}

// badEntry is an error about the entry whose key stands at the line.
func (p *parser) badEntry(e *Entry, format string, args ...any) *fault.Error {
	return fault.At(fault.Pos{File: p.lock.File, Line: e.Line, Col: 1}, "%s: %s",
		brief(e.Keys[0].String()), fmt.Sprintf(format, args...)).WithNext("%s", nextRewrite)
}

// brief shortens what came from the file for a message.
func brief(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
