package slot

import (
	"html"
	"regexp"
	"strings"
	"testing"
)

// The page says all that the text for the pull request says, in the same words, and no
// text of others is markup in it.
func TestPageSaysWhatTheTextSays(t *testing.T) {
	p := newPortal(t)
	p.exits["tsc"] = "src/App.tsx(1,10): error TS2305: Module '\"x\"' has no exported member 'Gone<script>alert(1)</script>'.\n"
	r, err := p.run(nil)
	if err != nil {
		t.Fatal(err)
	}
	coming := r.Step(stepComing)
	for i := range coming.Commands {
		if coming.Commands[i].Markdown != "" {
			coming.Commands[i].Markdown = "## a report\n<b>of it</b>\n"
		}
	}
	var b strings.Builder
	if err := r.Page([]string{"git push"}).Write(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "<b>of it") {
		t.Error("a stranger's text is markup")
	}
	shown := html.UnescapeString(page)
	for _, l := range r.Hands {
		if !strings.Contains(shown, strings.ReplaceAll(l.What, "`", "")) {
			t.Errorf("no %q", l.What)
		}
	}
	// Lines of the Markdown, without its marks; what is folded there is a text here.
	text, _, _ := strings.Cut(r.Markdown(""), "<details>")
	marks := regexp.MustCompile("^(- \\[ \\]|- |#+ |[0-9]+\\. )|[`*\\\\✅❌]")
	lines := 0
	for line := range strings.Lines(text) {
		line = html.UnescapeString(strings.TrimSpace(marks.ReplaceAllString(line, "")))
		if line == "" || strings.HasPrefix(line, "Needs hands: ") || strings.Contains(line, "src/App.tsx:1") || strings.Contains(line, "yarn.lock:1") {
			continue // said otherwise: as a heading with its number, with links to the places
		}
		for part := range strings.SplitSeq(line, ": ") {
			lines++
			if part = strings.TrimSpace(part); !strings.Contains(shown, part) {
				t.Errorf("the page does not say %q", part)
			}
		}
	}
	if lines < 25 {
		t.Errorf("%d lines compared: the text is not what this test takes it for", lines)
	}
	for _, want := range []string{"fails from here on", "The reports behind it", "git push", `<span class="kind warn">`, "src/App.tsx:1"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
}

// A run that could not find out which migrations come says so, with what to run, and has
// the day of the deployment all the same.
func TestPageOfWhatIsNotKnown(t *testing.T) {
	p := newPortal(t)
	p.fails = "snapshot forecast"
	r, err := p.run(func(o *Options) { o.Plan = true })
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.Page(nil).Write(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "Could not be found out") || !strings.Contains(b.String(), "there is no network") {
		t.Error("the page does not say what it lacks")
	}
	for form, text := range map[string]string{"page": html.UnescapeString(b.String()), "text": r.Markdown("")} {
		for _, want := range []string{"The day of the deployment", "Which migrations will run at the first boot is not known: there is no network. Ask again",
			"portalctl snapshot forecast --release 1.53.0", "portalctl slot deploy", "portalctl slot verify"} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s does not say %q", form, want)
			}
		}
		if strings.Contains(text, "No migration is known") {
			t.Errorf("the %s takes what is not known for good news", form)
		}
	}
}
