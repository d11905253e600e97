package main

import (
	"io"
	"path/filepath"
	"strconv"
	"time"

	"github.com/portalctl/portalctl/audit"
	"github.com/portalctl/portalctl/internal/fault"
)

// auditForms are the forms of a report; the first is the one to read.
func auditForms() []string { return append(sharedForms(), "osv", formCycloneDX, formSPDX) }

// The forms that are inventories: all that the locks install, with what was found.
const (
	formCycloneDX = "cyclonedx"
	formSPDX      = "spdx"
)

// inventories reports whether an inventory is asked for.
func (outs outputs) inventories() bool { return outs.hasForm(formCycloneDX) || outs.hasForm(formSPDX) }

// madeAt is the time that an inventory names: that of SOURCE_DATE_EPOCH, by which
// builds that can be repeated say when they were made, and else now.
func madeAt(e env, now time.Time) (time.Time, error) {
	text := e.get("SOURCE_DATE_EPOCH")
	if text == "" {
		return now, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 || seconds > 253402300799 { // the last second of the year 9999
		return now, fault.New("SOURCE_DATE_EPOCH is %q, which is not a number of seconds since 1970", text).WithNext("Set it as date +%%s prints it, or unset it")
	}
	return time.Unix(seconds, 0), nil
}

// write renders the report in the forms that --format and --output name.
func (r *auditRun) write(report *audit.Report) error {
	if err := r.e.stepSummary(r.o.outs, report.WriteMarkdown); err != nil {
		return err
	}
	shared := report.Shared(r.e.inRepository(r.root))
	return r.o.outs.write(r.e, func(form string, w io.Writer, e env) error {
		switch form {
		case "osv":
			return report.WriteOSV(w)
		case formCycloneDX:
			return r.in.Inventory(report, filepath.Base(r.root), r.o.made, version()).WriteCycloneDX(w)
		case formSPDX:
			return r.in.Inventory(report, filepath.Base(r.root), r.o.made, version()).WriteSPDX(w)
		}
		return writeForm(form, w, e, report, shared, r.root)
	})
}
