package yarnlock

import "strings"

// halfWorth is the size in bytes from which a second goroutine is worth it:
// that of a lock of some 600 packages.
const halfWorth = 256 << 10

// parseHalves reads both halves of a lock at the same time, and returns nil
// where there are no two or anything at all is wrong: then Parse begins anew,
// from the top, and says what is.
func parseHalves(file, src string) *Lock {
	at := entryAfter(src, len(src)/2)
	if at < 0 {
		return nil
	}
	first := newParser(file, src)
	if (&parser{src: src[:at], lock: first.lock}).checkText() != nil || first.head() != nil || first.start > at {
		return nil
	}
	type half struct {
		list []*Entry
		err  error
	}
	rest := make(chan half, 1)
	go func() {
		second := &parser{src: src, lock: first.lock, eol: at, line: strings.Count(src[:at], "\n")}
		h := half{list: make([]*Entry, 0, (len(src)-at)/300+8)}
		h.err = (&parser{src: src[at:], lock: first.lock}).checkText()
		if h.err == nil {
			h.err = second.next()
		}
		if h.err == nil {
			h.err = second.each(func(e *Entry) error { h.list = append(h.list, e); return nil })
		}
		rest <- h
	}()
	first.src = src[:at]
	err := first.each(first.add)
	second := <-rest // also after an error: it reads what is thrown away
	if err != nil || second.err != nil {
		return nil
	}
	for _, e := range second.list {
		if first.add(e) != nil {
			return nil
		}
	}
	first.close()
	return first.lock
}

// entryAfter is the offset of the first entry that begins at or after from, -1
// if there is none. Entries begin after a blank line, and nothing else does
// that is not indented, except for comments.
func entryAfter(src string, from int) int {
	for from < len(src) {
		i := strings.IndexByte(src[from:], '\n')
		if i < 0 {
			return -1
		}
		from += i + 1
		blank := hasPrefix(src[from:], "\n") || hasPrefix(src[from:], "\r\n")
		if !blank {
			continue
		}
		next := from + strings.IndexByte(src[from:], '\n') + 1
		if next < len(src) && strings.IndexByte(" \t\r\n#", src[next]) < 0 {
			return next
		}
	}
	return -1
}
