package filelock

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestOneHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := Try(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Try(path); !errors.Is(err, ErrHeld) {
		t.Errorf("the second holder got %v", err)
	}
	first.Close()
	again, err := Try(path)
	if err != nil {
		t.Fatalf("after the first let go: %v", err)
	}
	again.Close()
}
