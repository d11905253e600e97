package jsonedit

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
)

const (
	nextFix      = "Correct the JSON at that place, then run the command again."
	nextEncoding = "Save the file as UTF-8, then run the command again."
)

// syntaxError says what is wrong with body, which json.Valid refused.
func syntaxError(file string, body []byte) error {
	at := func(off int) fault.Pos { return fault.PosAt(file, body, off) }
	if err := fault.Conflict(file, body, true); err != nil {
		return err
	}
	if bytes.HasPrefix(body, []byte("\xff\xfe")) || bytes.HasPrefix(body, []byte("\xfe\xff")) || bytes.IndexByte(body, 0) >= 0 {
		return fault.At(fault.Pos{File: file}, "not a text file in UTF-8").WithNext(nextEncoding)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return fault.At(at(0), "the file is empty, JSON expected").WithNext(nextFix)
	}

	var raw json.RawMessage
	err := json.Unmarshal(body, &raw)
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return fault.Wrap(err, fault.Pos{File: file}, "not valid JSON").WithNext(nextFix)
	}
	what, off := explain(body, int(syntax.Offset)-1, syntax.Error())
	return fault.At(at(off), "%s", what).WithNext(nextFix)
}

// explain turns encoding/json's message about the byte at off into one that
// names the mistake, and moves off to where the mistake is.
func explain(body []byte, off int, msg string) (string, int) {
	if strings.Contains(msg, "unexpected end") {
		return "the file ends in the middle of a value", len(body)
	}
	if strings.Contains(msg, "max depth") {
		return "nested too deep (the limit is 10,000 levels)", off
	}
	if off < 0 || off >= len(body) {
		return "not valid JSON: " + msg, max(off, 0)
	}
	before := bytes.TrimRight(body[:off], " \t\r\n")
	switch c := body[off]; {
	case strings.Contains(msg, "in string literal"):
		return "a string is not closed, or has a control character in it", off
	case strings.Contains(msg, "escape"):
		return "a string has an unknown escape", off
	case c == '/':
		return "JSON has no comments", off
	case (c == '}' || c == ']') && bytes.HasSuffix(before, []byte(",")):
		return "JSON has no trailing commas", len(before) - 1
	case c == '\'':
		return "JSON needs double quotes", off
	case (c == '"' || c == '{' || c == '[') && strings.Contains(msg, "after"):
		if strings.Contains(msg, "after object key:value pair") || strings.Contains(msg, "after array element") {
			return "a comma is missing before this", off
		}
	case bytes.HasPrefix(body[off:], []byte(bom)):
		return "a byte order mark in the middle of the file", off
	}
	return "not valid JSON: " + msg, off
}
