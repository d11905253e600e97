package semrange

// hyphen reads "from - to", where at is the place of " - ". ok is false when
// the text is not a hyphen range, so that it must be read as plain tokens.
func (p *parser) hyphen(s string, at int) (ok, valid bool) {
	i := 0
	if s[0] == ' ' {
		i = 1
	}
	from, end, ok := scanVersion(s, i)
	if !ok || end != at {
		return false, false
	}
	to, end, ok := scanVersion(s, at+len(" - "))
	if !ok || end != len(s) && s[end:] != " " {
		return false, false
	}
	return true, p.hyphenFrom(from.version, s[from.prefix:from.core]) && p.hyphenTo(to.version, s[to.prefix:to.core])
}

// literalPrefix tells what survives in front of a whole version, which
// node-semver copies with its prefix: ">=" + " v" + "1.2.3" is then trimmed.
func literalPrefix(prefix string) (string, bool) {
	if prefix != "" && prefix[0] == ' ' {
		prefix = prefix[1:]
	}
	return prefix, prefix == "" || prefix == "v"
}

func (p *parser) hyphenFrom(v partial, prefix string) bool {
	switch {
	case v.major == wild:
		return true
	case v.minor == wild:
		return p.from(v.major, 0)
	case v.patch == wild:
		return p.from(v.major, v.minor)
	}
	prefix, ok := literalPrefix(prefix)
	if !ok {
		return false
	}
	if v == (partial{}) && prefix == "" {
		return p.atLeastZero(floor)
	}
	flags := floor
	if v.pre != "" {
		flags = 0
	}
	return p.emit(opGE, v.major, v.minor, v.patch, v.pre, flags)
}

func (p *parser) hyphenTo(v partial, prefix string) bool {
	switch {
	case v.major == wild:
		return true
	case v.minor == wild:
		return p.emit(opLT, v.major+1, 0, 0, "0", 0)
	case v.patch == wild:
		return p.emit(opLT, v.major, v.minor+1, 0, "0", 0)
	case v.pre != "":
		return p.emit(opLE, v.major, v.minor, v.patch, v.pre, 0)
	}
	if _, ok := literalPrefix(prefix); !ok {
		return false
	}
	if !p.emit(opLE, v.major, v.minor, v.patch, "", defOnly) {
		return false
	}
	// With includePrerelease the bound is the first prerelease of the next
	// patch; there is none behind the highest number.
	if !p.emit(opLT, v.major, v.minor, v.patch+1, "0", preOnly) {
		p.preInvalid = true
	}
	return true
}
