package parity

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// createScript renders the default template of @backstage/create-app without
// its questions and its checks of node's version.
const createScript = `
const tasks = require('@backstage/create-app/dist/lib/tasks.cjs.js');
const path = require('path');
const root = path.dirname(require.resolve('@backstage/create-app/package.json'));
console.log = () => {}; process.stdout.write = () => true;
tasks.templatingTask(path.join(root, 'templates', 'default-app'), process.argv[2],
  {name: 'fresh', defaultBranch: 'main', dbTypeSqlite: true, dbType: 'sqlite'})
  .catch(err => { console.error(err); process.exit(1); });
`

// createApp makes the project that @backstage/create-app of that version
// makes, and returns its folder. The lock is left to the caller.
func createApp(ctx context.Context, dir, version string) (string, error) {
	tool := filepath.Join(dir, "create-app-"+version)
	app := filepath.Join(tool, "app")
	if _, err := os.Stat(filepath.Join(app, "package.json")); err == nil {
		return app, nil
	}
	if err := os.MkdirAll(app, 0o755); err != nil {
		return "", err
	}
	script := filepath.Join(tool, "create.cjs")
	if err := os.WriteFile(script, []byte(createScript), 0o644); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"npm", "install", "--silent", "--no-save", "--prefix", tool, "@backstage/create-app@" + version},
		{"node", script, app},
	} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Dir = tool
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%v: %w\n%s", args, err, out)
		}
	}
	return app, os.Remove(filepath.Join(app, "yarn.lock"))
}
