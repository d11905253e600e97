package setup

import (
	"reflect"
	"testing"
)

func TestDatabase(t *testing.T) {
	const pg = "backend:\n  database:\n    client: pg\n    connection:\n      host: ${POSTGRES_HOST}\n      password: ${POSTGRES_PASSWORD}\n    plugin:\n      catalog:\n        connection:\n          host: ${POSTGRES_HOST}\n"
	const lite = "backend:\n  database:\n    client: better-sqlite3\n    connection: ':memory:'\n"
	vars := []string{"POSTGRES_HOST", "POSTGRES_PASSWORD"}
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  database
	}{
		{"the template's", map[string]string{"app-config.yaml": lite, "app-config.production.yaml": pg}, database{"pg", []string{"app-config.yaml", "app-config.production.yaml"}, vars}},
		{"those of the image", map[string]string{"app-config.yaml": pg, "app-config.prod.yaml": lite, "app-config.production.yaml": pg,
			"packages/backend/Dockerfile": "FROM node:22\nCMD [\"node\", \"packages/backend\", \"--config\", \"/app/app-config.prod.yaml\", \"--config\", \"/mounted/x.yaml\", \"--config\", \"../out.yaml\"]\n"}, database{"better-sqlite3", []string{"app-config.prod.yaml"}, nil}},
		{"from the environment", map[string]string{"app-config.yaml": "backend:\n  database:\n    client: ${CLIENT}\n"}, database{"", []string{"app-config.yaml"}, []string{"CLIENT"}}},
		{"damaged", map[string]string{"app-config.yaml": "a: [\n"}, database{"", []string{"app-config.yaml"}, nil}},
		{"none", nil, database{}},
	} {
		files := portalFiles()
		for name, text := range tt.files {
			files[name] = text
		}
		if got := factsOf(t, files).Database; !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
