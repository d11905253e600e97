package production

import "testing"

// A file is scanned once for all items, and each time anew where too much would be kept.
func TestScannedOnce(t *testing.T) {
	v := newView(base().input(t), Options{Now: now})
	w := v.backends()[0]
	first := func(word string) code {
		t.Helper()
		list := v.codeOf(w, word)
		if len(list) != 1 || list[0].base() != "index.ts" || len(list[0].imports()) != 1 {
			t.Fatalf("%s is in %+v", word, list)
		}
		return list[0]
	}
	a, b := first("createBackend"), first("start(")
	if &a.tokens[0] != &b.tokens[0] || &a.imports()[0] != &b.imports()[0] {
		t.Error("the second who asked for the file had it scanned again")
	}
	if v.repo.kept != cap(a.tokens) {
		t.Errorf("%d tokens are kept, not %d", v.repo.kept, cap(a.tokens))
	}
	clear(v.repo.codes)
	v.repo.kept = maxTokens
	if first("createBackend"); len(v.repo.codes) > 0 {
		t.Error("a file is kept beyond the bound")
	}
	if len(v.codeOf(w, "PermissionPolicy")) > 0 {
		t.Error("a file without the word was scanned")
	}
}
