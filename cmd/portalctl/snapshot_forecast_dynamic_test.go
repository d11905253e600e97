package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portalctl/portalctl/internal/portal/plugins"
)

// A dynamic plugin is told with what would settle what is not known of it; one without
// migrations is no more than near to that.
func TestDynamicPluginIsACondition(t *testing.T) {
	dir := t.TempDir()
	for file, text := range map[string]string{
		"chat/package.json":        `{"name": "@acme/chat-dynamic", "version": "1.2.0", "backstage": {"role": "backend-plugin", "pluginId": "chat"}}`,
		"chat/migrations/1_a.js":   "exports.up = async knex => { await knex.schema.createTable('a', t => t.increments()); };\nexports.down = async () => {};\n",
		"github/package.json":      `{"name": "@acme/github-dynamic", "version": "3.0.0", "backstage": {"role": "backend-plugin-module", "pluginId": "catalog"}}`,
		"github/dist/index.cjs.js": "",
	} {
		file = filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, err := plugins.ReadDynamic(dir)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	chat, github := ofDynamic(list[0]), ofDynamic(list[1])
	if chat.Package != "@acme/chat-dynamic" || chat.Near || !strings.Contains(chat.Settle, "whether it stays at 1.2.0, which is here") {
		t.Errorf("with migrations: %+v", chat)
	}
	if github.Package != "@acme/github-dynamic" || !github.Near || !strings.Contains(github.Why, "3.0.0, which is here, has no migrations") {
		t.Errorf("without: %+v", github)
	}
}
