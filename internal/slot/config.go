package slot

import (
	"strings"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/finding"
	"github.com/portalctl/portalctl/internal/yamledit"
)

// sectionKey is the key of .portalctl.yaml that is this package's.
const sectionKey = "slot"

// ParseConfig reads the slot section of the configuration: the scripts that prove the
// portal, nil where it names none. A list without an entry is of no script.
func ParseConfig(file string, src []byte) ([]string, error) {
	doc, err := yamledit.Parse(file, src)
	if err != nil {
		return nil, err
	}
	section, ok := doc.Get(sectionKey)
	if !ok {
		return nil, nil
	}
	members, err := finding.Members(section, sectionKey, "proof: [tsc, test]")
	if err != nil {
		return nil, err
	}
	var scripts []string
	for _, m := range members {
		if m.Key != "proof" {
			return nil, fault.At(m.KeyPos, "there is no setting %q", m.Key).WithNext("Use one of: proof")
		}
		if m.Value.Kind() != yamledit.Sequence {
			return nil, fault.At(m.Value.Pos(), "proof is %s, but must be a list", m.Value.Kind()).WithNext("Write it as proof: [tsc, test]")
		}
		scripts = []string{}
		for _, it := range m.Value.Items() {
			name := it.String()
			if it.Kind() == yamledit.Mapping || it.Kind() == yamledit.Sequence || strings.TrimSpace(name) == "" || strings.HasPrefix(name, "-") {
				return nil, fault.At(it.Pos(), "an entry of proof is %s, but must be the name of a script of package.json", it.Kind()).WithNext("Write it as proof: [tsc, test]")
			}
			scripts = append(scripts, name)
		}
	}
	return scripts, nil
}
