package rollback

import (
	"regexp"
	"strings"
	"sync"
)

var plainName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_$-]+$`) })

// databaseArgument is what -d takes for a database: its name, or what libpq
// would take a name with special characters for.
func databaseArgument(name string) string {
	if plainName().MatchString(name) {
		return name
	}
	return conninfo(name)
}

// quoteForShell quotes a text in which $TIME is to be filled in by the shell.
func quoteForShell(text string) string {
	text = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`").Replace(text)
	parts := strings.Split(text, timeVariable)
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], "$", `\$`)
	}
	return `"` + strings.Join(parts, timeVariable) + `"`
}
