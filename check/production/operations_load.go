package production

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/workspace"
)

// loadItems are those about what the backend does by the clock.
func loadItems() []item {
	return []item{
		{checkItem{"processors-outside", areaOperations, "Own processors of the catalog call nobody",
			"Each entity goes through them every few minutes: a call for each is thousands an hour, and the catalog waits.",
			"Fetch it in an entity provider with a schedule, and have the processor read what is there",
			3, profileEnterprise}, processorsOutside},
		{checkItem{"schedules", areaOperations, "Providers and collators refresh by a schedule, and not too often",
			"Each minute is a full read of the source: rate limits end, and the database writes what has not changed.",
			nextSchedule,
			3, profileEnterprise}, schedules},
	}
}

const nextSchedule = "Give the provider schedule.frequency of 5 minutes or more, with a timeout; use events for what must be at once"

// callers are what asks another service.
var callers = []string{"fetch", "axios", "got", "request", "nodeFetch", "superagent", "ky"}

func processorsOutside(v *view) outcome {
	var problems []problem
	var seen, open []evidencePlace
	for _, w := range v.in.Project.Workspaces {
		for _, c := range v.codeOf(w, "CatalogProcessor") {
			at := processorClass(c)
			if at < 0 || !v.runs(w, c.name) {
				continue
			}
			calls := 0
			for _, i := range append(c.calls(at), v.callsByOthers(c, at)...) {
				calls++
				problems = append(problems, problem{pos: c.line(i), name: w.Name(), key: c.base() + " " + strconv.Itoa(calls),
					message: "a processor of " + w.Name() + " calls another service for each entity", next: "Fetch it in an entity provider with a schedule, and have the processor read what is there"})
			}
			if i := awaits(c, at); calls == 0 && i >= 0 {
				open = append(open, evidencePlace{c.line(i), "waits for another object"})
			} else if calls == 0 {
				seen = append(seen, evidencePlace{c.line(at), "a processor that calls nobody"})
			}
		}
	}
	if len(problems) == 0 && len(open) > 0 {
		return unknown("a processor waits for an object that may call another service", "Attest that it does not, or fetch it in an entity provider", open...)
	}
	if len(problems)+len(seen) == 0 {
		return notApplicable("the repository has no processor of its own")
	}
	return judged(problems, "own processors call nobody", seen)
}

// callersHeld are the fields that the code sets to one of the callers, so that a test can
// give another: this.fetchImpl = options.fetchImpl ?? fetch.
func callersHeld(c code) []string {
	var held []string
	for _, i := range c.words("this") {
		if !c.is(i+1, ".") || !c.is(i+3, "=") {
			continue
		}
		for j := i + 4; j < len(c.tokens) && !c.is(j, ";") && !c.is(j, "}"); j++ {
			if slices.ContainsFunc(callers, func(name string) bool { return c.is(j, name) }) && !c.is(j-1, ".") && (c.is(j+1, ";") || c.is(j+1, "}")) {
				held = append(held, c.tokens[i+2].Text)
				break
			}
		}
	}
	return held
}

// calls are where a file asks another service from a place on: a call, not a name that
// a call is made of: fetch(…), axios.get(…).
func (c code) calls(from int) []int {
	return slices.DeleteFunc(c.words(append(callersHeld(c), callers...)...), func(i int) bool {
		return i < from || c.is(i-1, ".") && !c.is(i-2, "this") || !c.is(i+1, "(") && !(c.is(i+1, ".") && i+3 < len(c.tokens) && c.tokens[i+3].Is("("))
	})
}

// callsByOthers are where the code after a place calls an object that it holds, whose
// class is in a file of the repository that asks another service.
func (v *view) callsByOthers(c code, from int) []int {
	var list []int
	for _, i := range c.words("this") {
		if i < from || !c.is(i+1, ".") || !c.is(i+3, ".") || !c.is(i+5, "(") {
			continue
		}
		class := c.typeOf(c.tokens[i+2].Text)
		for _, im := range c.imports() {
			if !strings.HasPrefix(im.Module, ".") || !slices.ContainsFunc(im.Names, func(n jsscan.Name) bool { return n.Local == class }) {
				continue
			}
			f, _ := v.resolve(c.file, im.Module)
			if other, ok := f.scan(callers...); ok && f.name != c.name && len(other.calls(0)) > 0 {
				list = append(list, i)
			}
		}
	}
	return list
}

// typeOf is the type that a field or a parameter is declared with, "" for none.
func (c code) typeOf(field string) string {
	for _, i := range c.words(field) {
		if c.is(i+1, ":") && i+2 < len(c.tokens) && c.tokens[i+2].Kind == jsscan.Word {
			return c.tokens[i+2].Text
		}
	}
	return ""
}

// runs reports whether a file of a backend can be reached from its index, by the
// imports of its own files. What other packages have is theirs to reach.
func (v *view) runs(w *workspace.Workspace, name string) bool {
	if !slices.Contains(v.backends(), w) {
		return true
	}
	start, own := v.resolve(file{v.repo, path.Join(v.base, w.Rel, "src", "x")}, "./index")
	if !own || path.Base(start.name) == "x" {
		return true // a backend that begins elsewhere
	}
	seen := map[string]bool{start.name: true}
	for next := []file{start}; len(next) > 0; next = next[1:] {
		c, ok := next[0].scan()
		if !ok {
			return true // what it imports is not known
		}
		for _, im := range c.imports() {
			if !strings.HasPrefix(im.Module, ".") {
				continue
			}
			if f, _ := v.resolve(c.file, im.Module); !seen[f.name] {
				seen[f.name] = true
				next = append(next, f)
			}
		}
	}
	return seen[name]
}

// awaits is where the code after a place waits for a method of an object that it holds,
// -1 if nowhere.
func awaits(c code, from int) int {
	for _, i := range c.words("await") {
		if i > from && c.is(i+1, "this", ".") && c.is(i+4, ".") {
			return i
		}
	}
	return -1
}

// processorClass is the place of "implements CatalogProcessor", -1 without one.
func processorClass(c code) int {
	for _, i := range c.words("CatalogProcessor") {
		if i > 0 && (c.is(i-1, "implements") || c.is(i-1, ",") && c.is(i-3, "implements")) {
			return i
		}
	}
	return -1
}

// minFrequency is the shortest time between two refreshes, in seconds.
const minFrequency = 300

func schedules(v *view) outcome {
	c := v.config()
	var problems []problem
	var seen []evidencePlace
	for _, root := range []string{"catalog.providers", "search.collators", "backend.search"} {
		all, ok := c.get(root)
		if !ok {
			continue
		}
		each(all, func(s appconfig.Value) {
			if !strings.HasSuffix(s.Key(), ".schedule") {
				return
			}
			f, ok := s.Field("frequency")
			if !ok {
				return
			}
			seconds, known := frequency(f)
			if known && seconds < minFrequency {
				e := evidenceOf(f)
				problems = append(problems, problem{pos: e.Pos, name: s.Key(), message: s.Key() + " refreshes every " + strconv.Itoa(seconds) + " s", next: nextSchedule})
				return
			}
			seen = append(seen, evidencePlace{evidenceOf(f).Pos, s.Key()})
		})
	}
	if len(problems) > 0 {
		return fail(problems...)
	}
	if len(seen) == 0 {
		if o := c.unsure(); o != nil {
			return *o
		}
		return notApplicable("no provider or collator has a schedule in app-config")
	}
	return pass("refreshes have a schedule of five minutes or more", seen...)
}

// frequency is a duration of Backstage in seconds: an object of units, an ISO text, or
// a short one such as 30m. A cron expression is not known.
func frequency(v appconfig.Value) (seconds int, known bool) {
	units := map[string]int{"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800, "months": 2592000}
	if v.Kind() == appconfig.Object {
		for _, name := range v.Fields() {
			f, _ := v.Field(name)
			n, err := strconv.Atoi(f.Reveal())
			if err != nil || units[name] == 0 {
				return 0, false
			}
			seconds += n * units[name]
		}
		return seconds, len(v.Fields()) > 0
	}
	text := v.Reveal()
	short := map[byte]int{'s': 1, 'S': 1, 'm': 60, 'M': 60, 'h': 3600, 'H': 3600, 'd': 86400, 'D': 86400}
	iso := strings.HasPrefix(text, "P")
	text = strings.TrimPrefix(strings.TrimPrefix(text, "P"), "T")
	for text != "" {
		i := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
		if i < 1 || short[text[i]] == 0 {
			return 0, false
		}
		n, _ := strconv.Atoi(text[:i])
		seconds += n * short[text[i]]
		text = strings.TrimPrefix(text[i+1:], "T")
		if !iso && text != "" {
			return 0, false
		}
	}
	return seconds, seconds > 0
}
