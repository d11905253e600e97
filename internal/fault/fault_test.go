package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestErrorText(t *testing.T) {
	for _, tt := range []struct {
		err  *Error
		want string
	}{
		{New("no package.json in %s", "x"), "no package.json in x"},
		{At(Pos{File: "a.json"}, "empty"), "a.json: empty"},
		{At(Pos{File: "a.json", Line: 3}, "bad"), "a.json:3: bad"},
		{At(Pos{File: "a.json", Line: 3, Col: 7}, "bad"), "a.json:3:7: bad"},
		{Wrap(fs.ErrNotExist, Pos{File: "a"}, "read"), "a: read: file does not exist"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	if !errors.Is(Wrap(fs.ErrNotExist, Pos{}, "read"), fs.ErrNotExist) {
		t.Error("the cause is not on the chain")
	}
}

func TestPosAtCountsLinesAndCharacters(t *testing.T) {
	src := []byte("a\nüx\r\n")
	for off, want := range map[int]Pos{
		0:  {"f", 1, 1},
		2:  {"f", 2, 1},
		4:  {"f", 2, 2},
		99: {"f", 3, 1},
		-1: {"f", 1, 1},
	} {
		if got := PosAt("f", src, off); got != want {
			t.Errorf("PosAt(%d) = %v, want %v", off, got, want)
		}
	}
}

func TestNextOfFindsTheOutermostStep(t *testing.T) {
	inner := New("inner").WithNext("do %s", "that")
	if got := NextOf(fmt.Errorf("outer: %w", Wrap(inner, Pos{}, "middle"))); got != "do that" {
		t.Errorf("got %q", got)
	}
	if got := NextOf(Wrap(inner, Pos{}, "outer").WithNext("first this")); got != "first this" {
		t.Errorf("got %q", got)
	}
	if got := NextOf(errors.New("plain")); got != "" {
		t.Errorf("got %q for an error without a next step", got)
	}
}
