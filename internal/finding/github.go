package finding

import (
	"fmt"
	"io"
	"strings"

	"github.com/portalctl/portalctl/internal/english"
)

// perStep is how many annotations of each level GitHub shows for one step; it
// drops the others without a word.
const perStep = 10

// WriteGitHub writes workflow commands, which GitHub shows as annotations of
// the files. What does not fit into its limits is summed up in the last one of its
// level, and what a base has, too, in a line of the log.
func (r *Report) WriteGitHub(w io.Writer) error {
	var b strings.Builder
	for _, s := range []Severity{Error, Warning, Info} {
		var list []Finding
		for _, f := range r.Findings {
			if f.Severity == s && !f.unchanged() {
				list = append(list, f)
			}
		}
		shown := list
		if len(list) > perStep {
			shown = list[:perStep-1]
		}
		for _, f := range shown {
			annotation(&b, s, f)
		}
		if rest := list[len(shown):]; len(rest) > 0 {
			byRule := map[string]int{}
			var rules []string
			for _, f := range rest {
				if byRule[f.Rule]++; byRule[f.Rule] == 1 {
					rules = append(rules, f.Rule)
				}
			}
			for i, id := range rules {
				rules[i] = fmt.Sprintf("%s %d", id, byRule[id])
			}
			noun := map[Severity]string{Error: "more errors", Warning: "more warnings", Info: "more notes"}[s]
			fmt.Fprintf(&b, "::%s title=portalctl::%s\n", command(s),
				data(fmt.Sprintf("%d %s: %s. The step summary lists them.", len(rest), noun, strings.Join(rules, ", "))))
		}
	}
	same := 0
	for _, f := range r.Findings {
		if f.unchanged() {
			same++
		}
	}
	if same > 0 {
		fmt.Fprintf(&b, "Not annotated: %s that the base has, too.\n", english.Count(same, "finding"))
	}
	fmt.Fprintf(&b, "%s\n", data(r.Title+": "+r.Sentence()))
	_, err := io.WriteString(w, b.String())
	return err
}

func annotation(b *strings.Builder, s Severity, f Finding) {
	fmt.Fprintf(b, "::%s file=%s", command(s), property(f.Pos.File))
	if f.Pos.Line > 0 {
		fmt.Fprintf(b, ",line=%d", f.Pos.Line)
	}
	if f.Pos.Col > 0 {
		fmt.Fprintf(b, ",col=%d", f.Pos.Col)
	}
	fmt.Fprintf(b, ",title=%s::%s\n", property(f.Rule), data(f.text(f.explained())))
}

func command(s Severity) string {
	if s == Info {
		return "notice"
	}
	return string(s)
}

// data escapes the text of a workflow command, and property its parameters, as
// @actions/core does.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
