package audit

import (
	"fmt"
	"slices"
	"testing"

	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/registry"
	"github.com/portalctl/portalctl/internal/testkit/npmregistry"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// However many packages a registry does not know, and in whatever order it was asked,
// the report has one line about them that can be read.
func TestUnansweredIsOneLine(t *testing.T) {
	reg := npmregistry.New(t)
	settings, err := yarnrc.Load(t.TempDir(), []string{"YARN_NPM_REGISTRY_SERVER=" + reg.URL, "YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	client, err := registry.New(registry.Config{Settings: settings, HTTP: httpfetch.New(httpfetch.Config{})})
	if err != nil {
		t.Fatal(err)
	}
	var in Input
	late := in.AskRegistry(t.Context(), client)
	for i := range 30 {
		in.Published(fmt.Sprintf("p%02d", (i*7)%30))
	}
	want := []string{"the registry did not answer for p00, p01, p02, p03, p04, p05, p06, p07 and 22 more: the advice about these is less exact"}
	if got := late(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
