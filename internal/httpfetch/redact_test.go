package httpfetch

import (
	"context"
	"net"
	"testing"
)

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"https://h/a":                          "https://h/a",
		"https://user:pass@h:8080/a%2fb?t=1#f": "https://h:8080/a%2fb?…",
		"https://token@h/":                     "https://h/",
		"file:///x/y":                          "file:///x/y",
		"http://a b:s3cret@h/x?q#f":            "http://h/x",
		"https://u:s3cret@h:bad/x?q":           "https://h:bad/x",
		"mailto:s3cret@h":                      "h",
		"":                                     "",
	} {
		if got := Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestScrub(t *testing.T) {
	for in, want := range map[string]string{
		"no address":                    "no address",
		`parse "http://u:p@h/x?y": bad`: `parse "http://h/x?…": bad`,
		"(http://a?b) and https://u@c":  "(http://a?…) and https://c",
	} {
		if got := scrub(in); got != want {
			t.Errorf("scrub(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestConnectionErrors(t *testing.T) {
	cfg := quick
	cfg.Retries = 1
	c := newClient(t, cfg)
	_, err := c.Get(context.Background(), Request{URL: "http://127.0.0.1:1/x"})
	wantFault(t, err, nil, "tried 2 times", "Check the network")
	if !Unreachable(err) {
		t.Error("a refused connection is Unreachable")
	}
	dns := &net.OpError{Op: "dial", Err: &net.DNSError{Name: "portal.example", Err: "no such host", IsNotFound: true}}
	err = explain("http://portal.example/x", 1, dns)
	wantFault(t, err, nil, "Check the host name portal.example")
	if !permanent(dns) || !Unreachable(err) || Unreachable(nil) {
		t.Error("an unknown host is not tried again, but Unreachable; no error is not")
	}
}
