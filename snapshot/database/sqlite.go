package database

import (
	"path/filepath"
	"strings"

	"github.com/portalctl/portalctl/internal/appconfig"
	"github.com/portalctl/portalctl/internal/fault"
)

const inMemory = ":memory:"

// sqlite is the file that Sqlite3Connector opens for a plugin, as it is written:
// relative to the folder that the backend runs in, or ":memory:".
func (s *settings) sqlite(id string) (file string, o appconfig.Origin, err error) {
	fail := func(v *value, format string, args ...any) (string, appconfig.Origin, error) {
		return "", o, fault.At(v.origin.Pos, format, args...)
	}
	if s.mode != perDatabase {
		v, _, _ := s.cfg.Text("pluginDivisionMode")
		return "", o, fault.At(v.Origin().Pos, "SQLite has no pluginDivisionMode %s", s.mode).
			WithNext("Take %s.pluginDivisionMode out: Backstage refuses it with SQLite", key)
	}
	overridden, err := s.overridden(id)
	if err != nil {
		return "", o, err
	}
	base := sqliteConnection(s.baseConnection())
	if f, ok := base.fields["filename"]; ok && !(f.is(appconfig.String) && f.text == inMemory) {
		err := fault.At(f.origin.Pos, "%s.connection names a file for all plugins, which Backstage refuses with SQLite", key).
			WithNext("Give connection a directory, or the plugin's connection a filename")
		return "", o, err
	}
	raw, err := s.pluginConnection(id)
	if err != nil {
		return "", o, err
	}
	if overridden {
		base = nil
	}
	connection := spread(base, sqliteConnection(raw))
	name, directory := connection.get("filename"), connection.get("directory")
	for _, v := range []*value{name, directory} {
		if !v.nullish() && v.kind != appconfig.String {
			return fail(v, "a path must be a text")
		}
	}
	if name.is(appconfig.String) && name.text == inMemory {
		return inMemory, name.origin, nil
	}
	dir, file := ".", id+".sqlite"
	if !directory.nullish() {
		dir, o = directory.text, directory.origin
	}
	if !name.nullish() {
		file, o = name.text, name.origin
	}
	return joinPath(dir, file), o, nil
}

// sqliteConnection is normalizeConnection of the SQLite connector: a text is a
// file name.
func sqliteConnection(v *value) *value {
	switch {
	case v.nullish():
		return object()
	case v.kind == appconfig.String:
		out := object()
		out.set("filename", v)
		return out
	case v.kind != appconfig.Object:
		return object()
	}
	return v
}

// joinPath is path.join, which keeps a slash at the end.
func joinPath(dir, file string) string {
	out := filepath.Join(dir, file)
	if strings.HasSuffix(file, "/") && !strings.HasSuffix(out, "/") {
		out += "/"
	}
	return out
}

func resolvePath(dir, name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(dir, name)
}
