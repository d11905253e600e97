package yarnlock

// field is what an entry may have, by its name in the file.
type field struct {
	name string
	// at is where the entry keeps it: a *string, *Locator, *[]Dep, *[]Meta or *[]Bin.
	at func(*Entry) any
}

// berryFields stand in the order in which Berry prints them.
var berryFields = []field{
	{"version", func(e *Entry) any { return &e.Version }},
	{"resolution", func(e *Entry) any { return &e.Resolution }},
	{"dependencies", func(e *Entry) any { return &e.Dependencies }},
	{"peerDependencies", func(e *Entry) any { return &e.PeerDependencies }},
	{"dependenciesMeta", func(e *Entry) any { return &e.DependenciesMeta }},
	{"peerDependenciesMeta", func(e *Entry) any { return &e.PeerDependenciesMeta }},
	{"bin", func(e *Entry) any { return &e.Bin }},
	{"checksum", func(e *Entry) any { return &e.Checksum }},
	{"conditions", func(e *Entry) any { return &e.Conditions }},
	{"languageName", func(e *Entry) any { return &e.LanguageName }},
	{"linkType", func(e *Entry) any { return &e.LinkType }},
}

// classicFields stand in the order in which Yarn 1 prints them.
var classicFields = []field{
	{"version", func(e *Entry) any { return &e.Version }},
	{"resolved", func(e *Entry) any { return &e.Resolved }},
	{"integrity", func(e *Entry) any { return &e.Integrity }},
	{"dependencies", func(e *Entry) any { return &e.Dependencies }},
	{"optionalDependencies", func(e *Entry) any { return &e.OptionalDependencies }},
}

func (k Kind) fields() []field {
	if k == Classic {
		return classicFields
	}
	return berryFields
}

// field finds a field by its name, nil if there is none of it.
func (k Kind) field(name string) (int, *field) {
	list := k.fields()
	for i := range list {
		if list[i].name == name {
			return i, &list[i]
		}
	}
	return 0, nil
}
