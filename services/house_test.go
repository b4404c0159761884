package services_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// root of the checkout, seen from this folder.
const root = ".."

// source is one Go file of ours.
type source struct {
	path string // below the checkout, with slashes
	dir  string
	test bool
	file *ast.File
	set  *token.FileSet
}

// at is where a node stands, for a failure.
func (s source) at(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.set.Position(n.Pos()).Line)
}

// imports are the paths a file imports, with the name each goes by.
func (s source) imports() map[string]string {
	all := map[string]string{}
	for _, spec := range s.file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		all[p] = path.Base(p)
		if version.MatchString(all[p]) {
			all[p] = path.Base(path.Dir(p))
		}
		if spec.Name != nil {
			all[p] = spec.Name.Name
		}
	}
	return all
}

var version = regexp.MustCompile(`^v\d+$`)

// calls tells where a file calls one of the functions of an imported package.
func (s source) calls(pkg string, names ...string) (at []ast.Node) {
	local, ok := s.imports()[pkg]
	if !ok {
		return nil
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, is := n.(*ast.SelectorExpr); is && slices.Contains(names, sel.Sel.Name) {
			if x, is := sel.X.(*ast.Ident); is && x.Name == local {
				at = append(at, sel)
			}
		}
		return true
	})
	return at
}

// sources are all Go files of all modules, parsed once.
var sources = sync.OnceValues(func() (all []source, err error) {
	err = walk(func(p string) error {
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, filepath.Join(root, p), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err == nil {
			all = append(all, source{path: p, dir: path.Dir(p), test: strings.HasSuffix(p, "_test.go"), file: f, set: set})
		}
		return err
	})
	return all, err
})

func everySource(t *testing.T) []source {
	t.Helper()
	all, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("%d Go files found, far fewer than there are", len(all))
	}
	return all
}

// walk visits every file that belongs to the checkout: nothing built, no data.
func walk(visit func(path string) error) error {
	return filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "bin", ".slipway", "node_modules"}, d.Name()):
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		below, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		return visit(filepath.ToSlash(below))
	})
}

func text(t *testing.T, p string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(p)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func exists(p string) bool {
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(p)))
	return err == nil
}
