package appconfig

// Kind is what a value is in JavaScript's terms.
type Kind int

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Object
	Array
)

// String is the word that Backstage's config reader has for the kind.
func (k Kind) String() string {
	return [...]string{"null", "boolean", "number", "string", "object", "array"}[k]
}
