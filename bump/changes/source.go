package changes

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/jsscan"
	"github.com/portalctl/portalctl/internal/repofile"
	"github.com/portalctl/portalctl/internal/workspace"
)

// maxSource is the largest file that is read, in bytes: what is larger was not
// written by hand.
const maxSource = 1 << 20

// source is the portal's own code and configuration.
type source struct {
	files   []*sourceFile
	styles  []textFile
	yaml    []textFile
	unknown []Unknown
}

// sourceFile is a file of code with what it imports.
type sourceFile struct {
	name    string
	imports []jsscan.Import
	tokens  []jsscan.Token
	used    *usage
}

// textFile is a style sheet or a YAML file.
type textFile struct{ name, text string }

// readSource reads what people wrote below the root: of the workspaces, neither
// what is built nor installed, nor projects of their own that lie between.
func readSource(files fs.FS, project *workspace.Project, interesting func(module string) bool) (*source, error) {
	s := &source{}
	err := project.Written(files, func(name string) {
		switch ext := path.Ext(name); {
		case slices.Contains(jsscan.Extensions, ext):
			s.readCode(files, name, interesting)
		case ext == ".css" || ext == ".scss" || ext == ".less":
			s.styles = s.readText(files, name, s.styles)
		case ext == ".yaml" || ext == ".yml":
			s.yaml = s.readText(files, name, s.yaml)
		}
	}, s.unread)
	return s, err
}

func (s *source) unread(name string, err error) {
	s.unknown = append(s.unknown, Unknown{Package: name, Why: "it cannot be read: " + fault.Cause(err).Error()})
}

func (s *source) read(files fs.FS, name string) (string, bool) {
	if info, err := fs.Stat(files, name); err == nil && info.Size() > maxSource {
		s.unknown = append(s.unknown, Unknown{Package: name, Why: "it was not read: it is larger than 1 MB"})
		return "", false
	}
	src, err := fs.ReadFile(files, name)
	if err != nil {
		if !errors.Is(err, repofile.ErrOutside) && !errors.Is(err, repofile.ErrNotRegular) {
			s.unread(name, err)
		}
		return "", false
	}
	return string(src), true
}

func (s *source) readText(files fs.FS, name string, list []textFile) []textFile {
	if text, ok := s.read(files, name); ok {
		return append(list, textFile{name, text})
	}
	return list
}

// readCode scans a file. Its tokens are kept only where it imports something that
// is of interest.
func (s *source) readCode(files fs.FS, name string, interesting func(module string) bool) {
	text, ok := s.read(files, name)
	if !ok {
		return
	}
	tokens, err := jsscan.Scan(name, text)
	if err != nil {
		var at *jsscan.Error
		line := ""
		if errors.As(err, &at) {
			line = strconv.Itoa(at.Line)
		}
		s.unknown = append(s.unknown, Unknown{Package: name + ":" + line, Why: "it does not parse: " + at.What + "; what is imported above is counted"})
	}
	f := &sourceFile{name: name, imports: jsscan.Imports(tokens)}
	if len(f.imports) == 0 {
		return
	}
	if slices.ContainsFunc(f.imports, func(im jsscan.Import) bool { return interesting(im.Module) }) {
		f.tokens = tokens
	}
	s.files = append(s.files, f)
}
