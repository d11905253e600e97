package secretscan

import "testing"

func TestSettings(t *testing.T) {
	for name, want := range map[string]bool{
		"app-config.production.yaml": true, ".env.production": true, "charts/p/values.yaml": true, ".github/workflows/a.yml": true, "packages/backend/Dockerfile": true,
		"scripts/x.sh": true, ".npmrc": true, ".yarnrc.yml": true, "certs/a.pem": true, "keys/id_rsa": true, "package.json": true, "Jenkinsfile": true, "infra/prod.tfvars": true, "infra/main.tf": true, "infra/main.bicep": true,
		"packages/app/src/App.tsx": false, "README.md": false, "yarn.lock": false, ".env.example": false, "plugins/a/src/__fixtures__/b.yaml": false, "LICENSE": false,
		"plugins/a/src/data.json": false, "a/node_modules/b/c.yaml": false, "logo.png": false,
	} {
		if got := Settings(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
