package production

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
)

// What production mounts is read where it stands: in a ConfigMap, in a chart's values,
// in a file of the deploy repository.
func TestMounted(t *testing.T) {
	run := deployment + "          args: [node, packages/backend, --config, app-config.yaml, --config, /config/app-config.k8s.yaml]\n"
	configMap := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  app-config.k8s.yaml: |\n    auth:\n      providers:\n        guest: {}\n"
	values := "backstage:\n  replicas: 2\n  args: ['--config', 'app-config.yaml']\n  appConfig:\n    # ours\n    auth:\n      providers:\n        guest: {}\n  image:\n    tag: x\n"
	for _, c := range []struct {
		name   string
		deploy fstest.MapFS
		at     string
	}{
		{"a ConfigMap", fstest.MapFS{"d.yaml": {Data: []byte(run)}, "c.yaml": {Data: []byte(configMap)}}, "gitops/c.yaml:8"},
		{"a file", fstest.MapFS{"d.yaml": {Data: []byte(run)}, "conf/app-config.k8s.yaml": {Data: []byte("auth:\n  providers:\n    guest: {}\n")}}, "gitops/conf/app-config.k8s.yaml:3"},
		{"values", fstest.MapFS{"portal/values.yaml": {Data: []byte(values)}}, "gitops/portal/values.yaml:8"},
	} {
		in := base().input(t)
		in.Deploy, in.DeployName = c.deploy, "gitops"
		r := NewReport(in, Options{Now: now, Profile: profileTeam})
		i := slices.IndexFunc(r.Items, func(r itemResult) bool { return r.ID == "guest-provider" })
		got := r.Items[i]
		if got.Verdict != verdictFail || fmt.Sprintf("%s:%d", got.Evidence[0].Pos.File, got.Evidence[0].Pos.Line) != c.at {
			t.Errorf("%s: %s at %v, not %s", c.name, got.Verdict, got.Evidence, c.at)
		}
	}
	// A template's defaults are not what is installed.
	in := base().with(files{"chart/Chart.yaml": "name: x\n", "chart/values.yaml": values}).input(t)
	if r := NewReport(in, Options{Now: now}); len(r.Starts) != 1 || r.Starts[0].Deployed {
		t.Errorf("a chart's defaults start production: %+v", r.Starts)
	}
}
