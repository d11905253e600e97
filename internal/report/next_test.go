package report

import "testing"

// What is to be typed is code, whoever made the sentence around it.
func TestNext(t *testing.T) {
	got := Next([]string{
		"portalctl versions bump --only '@acme/*'",
		"resolve the conflicts between the markers: git grep -n '^<<<<<<< yours'",
		"put these packages into one bump: yarn up @a/* @b/*",
		"read https://example.com/a_b_c",
		"decide *both* keys: then go on",
	})
	want := "\n### Next\n\n" +
		"- `portalctl versions bump --only '@acme/*'`\n" +
		"- resolve the conflicts between the markers: `git grep -n '^<<<<<<< yours'`\n" +
		"- put these packages into one bump: `yarn up @a/* @b/*`\n" +
		"- read https://example.com/a_b_c\n" +
		"- decide \\*both\\* keys: then go on\n"
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if Next(nil) != "" {
		t.Error("a heading without a step")
	}
}
