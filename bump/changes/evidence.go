package changes

import (
	"strings"

	"github.com/portalctl/portalctl/internal/changelog"
	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/pattern"
	"github.com/portalctl/portalctl/internal/spec"
)

// evidence is what an entry says, taken apart: enough to tell whom it concerns.
type evidence struct {
	// quoted are all names that it quotes as code, subject those of the sentence
	// that says what breaks, and affected the components that it lists as such.
	quoted, subject, affected map[string]bool
	// shown are the names in its examples.
	shown map[string]bool
	// spans are the quoted pieces as they stand, modules those that name a package.
	spans, modules []string
	// dropped are the names that it says are removed, replaced or renamed, also as
	// attr="value"; fresh are those that only come in their place.
	dropped, fresh map[string]bool
	// added are those that it says are new, of what stays.
	added map[string]bool
	// parts are what of dropped may be an attribute or a property.
	parts map[string]bool
	// before are the words that no longer stand before a name which stays: extends,
	// implements or new.
	before map[string]string
	// rewrites: it shows code before and after.
	rewrites bool
}

func evidenceOf(text string) *evidence {
	e := &evidence{before: map[string]string{}, shown: map[string]bool{}, quoted: map[string]bool{}, subject: map[string]bool{}, affected: map[string]bool{}, added: map[string]bool{}, dropped: map[string]bool{}, fresh: map[string]bool{}}
	code := changelog.CodeOf(text)
	e.spans = code.Spans
	for _, span := range code.Spans {
		if strings.HasPrefix(span, "@") {
			e.modules = append(e.modules, span)
		}
		addAll(e.quoted, span)
	}
	prose := changelog.Prose(text)
	sentence := subjectSentence(prose)
	if taking().MatchString(sentence) { // what comes instead is not what breaks
		if at := instead().FindStringIndex(sentence); at != nil && len(changelog.CodeOf(sentence[:at[0]]).Spans) > 0 {
			sentence = sentence[:at[0]]
		}
	}
	for _, span := range changelog.CodeOf(sentence).Spans {
		addAll(e.subject, span)
	}
	// Components are named without quotes, too: "Migrated Avatar component".
	for _, word := range component().FindAllString(sentence, -1) {
		if !opening().MatchString(word) {
			e.subject[word] = true
		}
	}
	for _, m := range affectedList().FindAllStringSubmatch(prose, -1) {
		for _, name := range changelog.Identifiers(m[1]) {
			e.affected[name] = true
		}
	}
	for _, s := range sentenceEnd().Split(prose, -1) {
		e.sentence(s)
	}
	for _, b := range code.Blocks {
		addAll(e.shown, b)
		e.diff(b)
	}
	for name := range e.fresh {
		if e.dropped[name] || e.subject[name] {
			delete(e.fresh, name)
		}
	}
	for name := range e.added {
		if !e.dropped[name] {
			e.fresh[name] = true
			delete(e.subject, name)
		}
	}
	e.findParts()
	return e
}

// addAll adds the names of a piece of code; a style sheet's names are not names of code.
func addAll(to map[string]bool, code string) {
	if strings.HasPrefix(code, "--") || strings.HasPrefix(code, ".") || strings.HasPrefix(code, "@") {
		return
	}
	for _, id := range changelog.Identifiers(code) {
		to[id] = true
	}
}

var (
	breakingMark = pattern.New(`\*{0,2}BREAKING[A-Z ]*\*{0,2}:?\*{0,2}:?\s*`)
	component    = pattern.New(`\b[A-Z][a-z]+(?:[A-Z][a-z]+)*\b`)
	opening      = pattern.New(`^(?:The|An?|This|These|All|Added|Removed|Renamed|Changed|Migrated|Replaced|Moved|Deprecated|Dropped|Updated|Simplified|Promoted|Redesigned|Made)$`)
	affectedList = pattern.New(`(?i)affected components:?\**:?\**([^\n]*)`)
	taking       = pattern.New(`(?i)\b(?:removed?|removes|replaced?|renamed?|dropped|deleted|no longer|moved)\b|→`)
	useInstead   = pattern.New(`(?is)\buse\b.*\binstead\b`)
	// later is what has not happened yet.
	later   = pattern.New(`(?i)\bfuture (?:release|version)|\bwill be (?:made|removed)`)
	owner   = pattern.New("^\\s*(?:[-*] )?\\**`[^`]+`\\**:\\s")
	adding  = pattern.New(`(?i)\b(?:added|adds|now requires?|must (?:now |also )?(?:include|provide|implement))\b`)
	partOf  = pattern.New(`(?i)\b(?:options?|props?|propert(?:y|ies)|fields?|methods?|parameters?|arguments?|variants?|values?) (?:from|of|in|on)\b`)
	instead = pattern.New(`(?i)→| - use\b|\b(?:by|with|instead|in favor of|in favour of|use|to|into)\b`)
)

// subjectSentence is the sentence that says what breaks: the one behind the mark,
// else the first.
func subjectSentence(prose string) string {
	if at := breakingMark().FindStringIndex(prose); at != nil {
		prose = prose[at[1]:]
	}
	prose = strings.TrimSpace(prose)
	if at := sentenceEnd().FindStringIndex(prose); at != nil {
		prose = prose[:at[0]]
	}
	return prose
}

// sentence finds what one says is taken away, and what comes instead.
func (e *evidence) sentence(s string) {
	if at := adding().FindStringIndex(s); at != nil {
		added, _, _ := strings.Cut(s[at[1]:], " to ")
		for _, span := range changelog.CodeOf(added).Spans {
			addAll(e.added, span)
		}
	}
	if !taking().MatchString(s) {
		if at := useInstead().FindStringIndex(s); at != nil {
			for _, span := range changelog.CodeOf(s[at[0]:]).Spans {
				e.fresh[span] = true
			}
		}
		return
	}
	if later().MatchString(s) {
		return
	}
	s = owner().ReplaceAllString(s, "") // `X`: Removed `y`: X stays
	before, after := s, ""
	if at := partOf().FindStringIndex(s); at != nil {
		before = s[:at[1]] // the option of something: that something stays
	}
	if at := instead().FindStringIndex(before); at != nil {
		before, after = before[:at[0]], s[at[1]:]
	}
	for _, span := range changelog.CodeOf(before).Spans {
		if of, member, ok := strings.Cut(span, "."); ok && of != "" && len(changelog.Identifiers(of)) == 1 {
			addAll(e.dropped, member) // `Type.member`: the type stays
			continue
		}
		addAll(e.dropped, span)
		e.dropped[span] = true
	}
	for _, span := range changelog.CodeOf(after).Spans {
		e.fresh[span] = true
	}
}

var attribute = pattern.New(`\b([a-zA-Z][\w-]*)=(?:"([^"]*)"|'([^']*)'|\{'([^']*)'\})`)

var styleName = pattern.New(`--[a-z][\w-]+|\.[A-Za-z][\w]*-[\w-]+`)

// diff compares the two sides of a block of a diff.
func (e *evidence) diff(block string) {
	var minus, plus, stays strings.Builder
	for line := range strings.Lines(block) {
		switch {
		case strings.HasPrefix(line, "-"):
			minus.WriteString(line[1:])
		case strings.HasPrefix(line, "+"):
			plus.WriteString(line[1:])
		default:
			stays.WriteString(line)
		}
	}
	e.rewrites = e.rewrites || minus.Len() > 0
	e.forms(minus.String(), plus.String())
	old, now := sides(minus.String()+stays.String()), sides(plus.String()+stays.String())
	for name := range old {
		if !now[name] {
			e.dropped[name] = true
		}
	}
	for name := range now {
		if !old[name] {
			e.fresh[name] = true
		}
	}
}

// sides are the names, attributes and style names of one side.
func sides(code string) map[string]bool {
	out := map[string]bool{}
	addAll(out, code)
	for _, m := range attribute().FindAllStringSubmatch(code, -1) {
		out[m[1]+"="+m[2]+m[3]+m[4]] = true
	}
	for _, s := range styleName().FindAllString(code, -1) {
		out[s] = true
	}
	return out
}

// about reports whether the entry is about an imported name.
func (e *evidence) about(name string) bool {
	return e.subject[name] || e.dropped[name] && e.quoted[name]
}

// of reports whether the entry may mean a name of a module: where it quotes modules
// of the package, it means those.
func (e *evidence) of(pkg, module string) bool {
	own := false
	for _, m := range e.modules {
		if spec.PackageOf(m) == pkg {
			if m == module {
				return true
			}
			own = true
		}
	}
	return !own
}

// specific reports whether the entry says which components it is about.
func (e *evidence) specific() bool {
	if len(e.affected) > 0 {
		return true
	}
	for name := range e.subject {
		if name[0] >= 'A' && name[0] <= 'Z' && (e.quoted[name] || e.shown[name]) {
			return true
		}
	}
	return false
}

// done reports whether a file has what the entry asks for already.
func (e *evidence) done(u *usage, local string) bool {
	for name := range e.fresh {
		if name != "" && name[0] >= 'A' && name[0] <= 'Z' && u.attributes[name] != nil && name != local {
			return true // it shows an element that comes with the change
		}
		if name == "" || name[0] < 'a' || name[0] > 'z' || !distinctive(name) {
			continue
		}
		if _, ok := u.keys[name]; ok {
			return true
		}
		if _, ok := u.attributes[local][name]; ok {
			return true
		}
	}
	return false
}

// mentions reports whether it names an imported name in any way.
func (e *evidence) mentions(name string) bool {
	return e.quoted[name] || e.affected[name] || e.subject[name]
}

// dropsParts reports whether the entry says what of a name goes, while the name
// itself stays.
func (e *evidence) dropsParts(name string) bool { return !e.dropped[name] && len(e.parts) > 0 }

// findParts takes from what is dropped what may be an attribute or a property:
// names that begin with a small letter, and name=value.
func (e *evidence) findParts() {
	e.parts = map[string]bool{}
	for name := range e.dropped {
		if name != "" && name[0] >= 'a' && name[0] <= 'z' && !strings.ContainsAny(name, " .(<>{}/,:;") && !isKeyword(name) && !e.fresh[name] {
			e.parts[name] = true
		}
	}
}

// forms finds names of both sides of a diff that stood behind a word before and do
// not any more: interface X extends Name became type X = Name.
func (e *evidence) forms(minus, plus string) {
	old, now := wordsBefore(minus), wordsBefore(plus)
	for name, word := range old {
		if after, ok := now[name]; ok && word != "" && after == "" {
			e.before[name] = word
		}
	}
}

// wordsBefore is for each name of a piece of code the word that stands before it
// everywhere, "" where that differs or is none of those that matter.
func wordsBefore(code string) map[string]string {
	out := map[string]string{}
	tokens, _ := jsscan.Scan("x.ts", code) // a piece need not parse
	for i, t := range tokens {
		if t.Kind != jsscan.Word {
			continue
		}
		word := ""
		if i > 0 && (tokens[i-1].Is("extends") || tokens[i-1].Is("implements") || tokens[i-1].Is("new")) {
			word = tokens[i-1].Text
		}
		if had, ok := out[t.Text]; ok && had != word {
			word = ""
		}
		out[t.Text] = word
	}
	return out
}

// takes reports whether the entry says of anything that it goes, what is new about
// what stays, or how code that uses it becomes another.
func (e *evidence) takes() bool { return len(e.dropped) > 0 || len(e.added) > 0 || e.rewrites }
