package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/txn"
	"github.com/portalctl/portalctl/internal/ui"
)

// outputs are the places that one report goes to, each in a form of its own.
// The last one is stdout, unless --output names a file for the form of --format.
type outputs []output

// output is one of them; an empty file is stdout.
type output struct{ form, file string }

func outputsFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "output", Aliases: []string{"o"}, TakesFile: true,
		Usage: "write the report to `FILE` instead of stdout; or, as FORM=FILE, in that form besides; may be repeated"}
}

// outputsOf reads --format and --output of a command that has these forms. What
// cannot be done is refused here, before anything is read.
func outputsOf(c *cli.Context, forms ...string) (outputs, error) {
	form, err := oneOf(c, "format", forms...)
	if err != nil {
		return nil, err
	}
	var outs outputs
	main := output{form: form}
	plain := ""
	for _, value := range c.StringSlice("output") {
		o, named, err := outputOf(value, forms)
		if err != nil {
			return nil, err
		}
		if named && o.file == "" && c.IsSet("format") {
			return nil, usagef("--output %s and --format %s both write to stdout", value, form).WithNext("Leave one of them out")
		}
		if !named {
			if plain != "" {
				return nil, usagef("--output %s and --output %s are both for the form %s", plain, value, form).
					WithNext("Say which form goes where, as in --output %s=%s", forms[len(forms)-1], value)
			}
			plain, main.file = value, o.file
			continue
		}
		outs = append(outs, o)
	}
	toStdout := slices.IndexFunc(outs, func(o output) bool { return o.file == "" })
	if toStdout < 0 || plain != "" {
		outs = append(outs, main)
	}
	for i, o := range outs {
		if err := checkOutputFile(o.file); err != nil {
			return nil, err
		}
		for _, before := range outs[:i] {
			if sameFile(before.file, o.file) {
				return nil, usagef("--output: the forms %s and %s would both be written to %s", before.form, o.form, fileOr(o.file, "stdout")).
					WithNext("Name a file for each")
			}
		}
	}
	return outs, nil
}

// outputOf reads one --output. FORM=FILE is told from a file with an equals sign
// in its name by what is before it: only letters. A file ./a=b can be named so.
func outputOf(value string, forms []string) (o output, named bool, err error) {
	form, file, ok := strings.Cut(value, "=")
	word := form != "" && strings.Trim(form, "abcdefghijklmnopqrstuvwxyz") == ""
	if !ok || !word {
		form, file, ok = "", value, false
	} else if !slices.Contains(forms, form) {
		return output{}, false, usagef("--output %s: the form %q is not known", value, form).
			WithNext("Use one of: %s; or write ./%s for a file of that name", strings.Join(forms, ", "), value)
	}
	if file == "" {
		return output{}, false, usagef("--output %q names no file", value).WithNext("Name a file, or - for stdout")
	}
	if file == "-" {
		file = ""
	}
	return output{form: form, file: file}, ok, nil
}

func sameFile(a, b string) bool {
	if a == "" || b == "" {
		return a == b
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	if errA == nil && errB == nil && absA == absB {
		return true
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB) && infoA.Mode().IsRegular()
}

func fileOr(file, or string) string {
	if file == "" {
		return or
	}
	return file
}

// has says that a report goes to that file in that form.
func (outs outputs) has(form, file string) bool {
	return slices.ContainsFunc(outs, func(o output) bool { return o.form == form && sameFile(o.file, file) })
}

func (outs outputs) hasForm(form string) bool {
	return slices.ContainsFunc(outs, func(o output) bool { return o.form == form })
}

// writeReport sends what render writes in each form to its place.
func writeReport(t target, e env, render func(form string, w io.Writer, e env) error) error {
	return append(slices.Clone(t.besides), output{t.form, t.output}).write(e, render)
}

// write renders all forms and then writes them, files first: what is on stdout
// is read as the verdict, and a file that cannot be written makes it another.
func (outs outputs) write(e env, render func(form string, w io.Writer, e env) error) error {
	plain := e // a file is not a terminal, whatever stdout is
	if e.Streams != nil {
		streams := *e.Streams
		streams.OutColor, streams.Width = false, 0
		plain.Streams = &streams
	}
	texts := make([]bytes.Buffer, len(outs))
	for i, o := range outs {
		to := e
		if o.file != "" {
			to = plain
		}
		if o.form == "markdown" && o.file != "" && o.file == e.get("GITHUB_STEP_SUMMARY") {
			// Other steps of a job write to this file as well.
			have, err := os.ReadFile(o.file)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fault.Wrap(fault.Cause(err), fault.Pos{File: o.file}, "cannot be read").WithNext("Name another --output")
			}
			texts[i].Write(have)
		}
		var w io.Writer = &texts[i]
		if o.form != "github" { // whose lines are commands
			w = ui.Guard(w, to.OutColor)
		}
		if err := render(o.form, w, to); err != nil {
			return err
		}
	}
	for i, o := range outs {
		if o.file != "" {
			if err := txn.WriteFile(o.file, texts[i].Bytes(), 0o644); err != nil {
				return err
			}
		}
	}
	for i, o := range outs {
		if o.file == "" {
			out := e.Out
			if o.form == "github" {
				out = ui.Commands(out)
			}
			text := texts[i].String()
			if o.form == "table" {
				text = ui.Wrap(text, e.Width)
			}
			if _, err := io.WriteString(out, text); err != nil {
				return err
			}
		}
	}
	return nil
}
