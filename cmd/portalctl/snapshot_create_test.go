package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portalctl/portalctl/snapshot"
)

func TestSameSaidOnce(t *testing.T) {
	in := []snapshot.Problem{
		{Subject: "a", Message: "gone", Next: "leave it"},
		{Message: "no lock"},
		{Subject: "b", Message: "locked", Next: "wait"},
		{Subject: "c", Message: "gone", Next: "leave it"},
		{Subject: "d", Message: "gone", Next: "look"},
		{Message: "no lock"},
		{Subject: "e", Message: "in memory", Next: "move it, or --skip e"},
		{Subject: "f", Message: "in memory", Next: "move it, or --skip f"},
	}
	want := []snapshot.Problem{
		{Subject: "a, c", Message: "gone", Next: "leave it"},
		{Message: "no lock"},
		{Subject: "b", Message: "locked", Next: "wait"},
		{Subject: "d", Message: "gone", Next: "look"},
		{Message: "no lock"},
		{Subject: "e, f", Message: "in memory", Next: "move it, or --skip ID"},
	}
	if diff := cmp.Diff(want, sameSaidOnce(in)); diff != "" {
		t.Error(diff)
	}
	if in[0].Subject != "a" {
		t.Error("the survey was changed")
	}
}
