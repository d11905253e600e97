package migrations

import (
	"regexp"
	"strings"
	"sync"
)

var (
	blockComment = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)/\*.*?\*/`) })
	byHand       = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\bmanually\b|\bby hand\b|\bbefore deploying\b|\bbeforehand\b`)
	})
	beginsSQL = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:--|(?:create|drop|delete|update|insert|alter|analyze|vacuum|reindex|with|select|set)\s)`)
	})
)

// manual is the SQL that a comment of the file gives for running it by hand before
// the upgrade: the indented lines of a comment that says so; "" for none.
func manual(src string) string {
	for _, comment := range blockComment().FindAllString(src, -1) {
		if !byHand().MatchString(comment) {
			continue
		}
		if sql := indented(comment); strings.Contains(sql, ";") {
			return sql
		}
	}
	return ""
}

func indented(comment string) string {
	var out []string
	in, blank := false, 0
	for _, line := range strings.Split(strings.TrimSuffix(strings.TrimPrefix(comment, "/*"), "*/"), "\n") {
		line = strings.TrimPrefix(strings.TrimPrefix(strings.TrimRight(strings.TrimLeft(line, " \t"), " \t\r"), "*"), " ")
		text := strings.TrimSpace(line)
		switch {
		case text == "":
			blank++
			continue
		case !strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "\t"):
			in = false
		case !in && beginsSQL().MatchString(text):
			in = true
		}
		if in {
			if blank > 0 && len(out) > 0 {
				out = append(out, "")
			}
			out = append(out, strings.TrimPrefix(strings.TrimPrefix(line, "  "), "\t"))
		}
		blank = 0
	}
	return strings.Join(out, "\n")
}
