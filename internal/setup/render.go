package setup

import (
	"embed"
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/pattern"
)

//go:embed templates
var templates embed.FS

var placeholder = pattern.New(`\[\[([a-z][a-z/-]*)\]\]`)

// render is a template with its [[names]] filled in. Lines between [[if name]] and [[end]]
// are left out where the name's value is "". The double brackets are no one's in a
// workflow, whose own expressions have braces.
func render(name string, values map[string]string) string {
	src, err := templates.ReadFile("templates/" + name)
	if err != nil {
		panic(fmt.Sprintf("there is no template %s", name)) // a name in this package is wrong
	}
	value := func(key string) string {
		v, ok := values[key]
		if !ok {
			panic(fmt.Sprintf("the template %s asks for %s, which nothing has", name, key))
		}
		return v
	}
	var b strings.Builder
	out := false
	for line := range strings.Lines(string(src)) {
		if key, ok := strings.CutPrefix(line, "[[if "); ok {
			out = value(strings.TrimSuffix(key, "]]\n")) == ""
			continue
		}
		if line == "[[end]]\n" {
			out = false
			continue
		}
		if out {
			continue
		}
		b.WriteString(placeholder().ReplaceAllStringFunc(line, func(m string) string { return value(m[2 : len(m)-2]) }))
	}
	return b.String()
}
