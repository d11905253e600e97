package jsscan

// dynamic reads import('x') at i; at is the module's token.
func (r reader) dynamic(i, at int) Import {
	im := r.module(at, dynamic, r.is(i-1, "typeof"), nil)
	end := r.closing(i + 1)
	if end < 0 {
		return im
	}
	// What comes before is looked at from await on.
	from := i
	if r.is(i-1, "await") {
		from = i - 1
	}
	switch {
	case im.TypeOnly:
		im.Names = []Name{{Name: "*", Line: im.Line, Type: true}}
	case r.is(end+1, ".") && r.is(end+2, "then") && r.is(end+3, "("):
		im.Names = r.then(end + 3)
	case r.is(end+1, ".") && r.word(end+2) && r.tokens[end+2].Text != "catch" && r.tokens[end+2].Text != "finally":
		// import('x').Y is a type; (await import('x')).y is not written so.
		im.TypeOnly = true
		im.Names = []Name{{Name: r.tokens[end+2].Text, Line: r.tokens[end+2].Line, Type: true}}
	default:
		im.Names = r.taken(from, end)
	}
	return im
}

// closing is the place of the bracket that closes the one at i, -1 for none.
func (r reader) closing(i int) int {
	if i < 0 || i >= len(r.pairs) || r.pairs[i] <= int32(i) {
		return -1
	}
	return int(r.pairs[i])
}

// opening is the place of the bracket that the one at i closes, -1 for none.
func (r reader) opening(i int) int {
	if i < 0 || i >= len(r.pairs) || r.pairs[i] < 0 || r.pairs[i] >= int32(i) {
		return -1
	}
	return int(r.pairs[i])
}

// Pairs has for each bracket the place of the other one, -1 for none. Angle brackets
// are not among them.
func Pairs(tokens []Token) []int32 {
	out := make([]int32, len(tokens))
	var open []int32
	for i, t := range tokens {
		out[i] = -1
		if t.Kind != Punct {
			continue
		}
		switch t.Text {
		case "(", "[", "{", "${":
			open = append(open, int32(i))
		case ")", "]", "}":
			if n := len(open); n > 0 {
				out[i], out[open[n-1]] = open[n-1], int32(i)
				open = open[:n-1]
			}
		}
	}
	return out
}

// taken are the names that the code around an expression takes from the module
// that it is: const {a} = …, const x = …, (…).a.
func (r reader) taken(from, end int) []Name {
	if r.is(from-1, "(") && r.is(end+1, ")") { // (await import('x')).a
		from, end = from-1, end+1
	}
	if (r.is(end+1, ".") || r.is(end+1, "?.")) && r.word(end+2) {
		if name := r.tokens[end+2].Text; name == "catch" || name == "finally" {
			return nil // of the promise
		}
		return []Name{{Name: r.tokens[end+2].Text, Line: r.tokens[end+2].Line}}
	}
	if !r.is(from-1, "=") {
		return nil
	}
	switch at := from - 2; {
	case r.word(at):
		return []Name{{Name: "*", Local: r.tokens[at].Text, Line: r.tokens[at].Line}}
	case r.is(at, "}"):
		open := r.opening(at)
		if open < 0 {
			return nil
		}
		return r.pattern(open)
	}
	return nil
}

// pattern are the keys of {a, b: c, d = e} at i.
func (r reader) pattern(i int) []Name {
	var names []Name
	end := r.closing(i)
	for j := i + 1; j < end; j++ {
		if t := r.tokens[j]; (t.Kind == Word || t.Kind == String) && (r.is(j-1, "{") || r.is(j-1, ",")) {
			n := Name{Name: t.Text, Local: t.Text, Line: t.Line}
			if r.is(j+1, ":") && r.word(j+2) {
				n.Local = r.tokens[j+2].Text
			}
			names = append(names, n)
		} else if t.Is("{") || t.Is("(") || t.Is("[") {
			if j = r.closing(j); j < 0 {
				return names
			}
		}
	}
	return names
}

// maxCallback bounds how much of a callback is read, in tokens: callbacks may be
// nested.
const maxCallback = 2000

// then are the names that the callback of .then( at i takes: m => m.a, ({a}) => a.
func (r reader) then(i int) []Name {
	end := r.closing(i)
	if end < 0 {
		return nil
	}
	j := i + 1
	for r.is(j, "async") || r.is(j, "(") {
		j++
	}
	switch {
	case r.is(j, "{"):
		return r.pattern(j)
	case r.word(j):
		return members(r.tokens[j+1:min(end, j+maxCallback)], r.tokens[j].Text)
	}
	return nil
}

// members are the names x in local.x, once each.
func members(tokens []Token, local string) []Name {
	var names []Name
	seen := map[string]bool{}
	for i := 0; i+2 < len(tokens); i++ {
		t := tokens[i]
		if t.Kind != Word || t.Text != local || i > 0 && (tokens[i-1].Is(".") || tokens[i-1].Is("?.")) ||
			!tokens[i+1].Is(".") && !tokens[i+1].Is("?.") || tokens[i+2].Kind != Word || t.Role == Closing {
			continue
		}
		if name := tokens[i+2]; !seen[name.Text] {
			seen[name.Text] = true
			names = append(names, Name{Name: name.Text, Line: name.Line})
		}
	}
	return names
}

// Taken are the names that a file takes by an import, with what each is called there.
// Of a module that is imported as a whole, under a local name, they are those that the
// file uses: of ns.a and <ns.B>, once each.
func (im Import) Taken(tokens []Token) []Name {
	var names []Name
	for _, n := range im.Names {
		switch {
		case n.Name != "*":
			names = append(names, n)
		case n.Local != "":
			for _, m := range members(tokens, n.Local) {
				m.Local = n.Local + "." + m.Name
				names = append(names, m)
			}
		}
	}
	return names
}
