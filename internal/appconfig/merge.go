package appconfig

// merge lays into over from: objects field by field, all else as a whole; null
// takes the field away.
func merge(into, from *node) *node {
	switch {
	case into == nil && from == nil:
		return nil
	case into == nil:
		return merge(from, nil)
	case into.kind == Null:
		return nil
	case into.kind != Object:
		return into
	}
	out := newObject(into.origin)
	for _, k := range into.keys {
		var below *node
		if from.isObject() {
			below = from.fields[k]
		}
		if v := merge(into.fields[k], below); v != nil {
			out.set(k, v)
		}
	}
	if from.isObject() {
		for _, k := range from.keys {
			if into.fields[k] != nil {
				continue
			}
			if v := merge(from.fields[k], nil); v != nil {
				out.set(k, v)
			}
		}
	}
	return out
}
