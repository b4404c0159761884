package services_test

import (
	"go/ast"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every package begins with what it promises: in doc.go, a command in main.go.
func TestEveryPackageHasADoc(t *testing.T) {
	documented, packages := map[string]bool{}, map[string]string{}
	for _, s := range everySource(t) {
		if s.test {
			continue
		}
		packages[s.dir] = "doc.go"
		if s.file.Name.Name == "main" {
			packages[s.dir] = "main.go"
		}
		if s.file.Doc != nil && path.Base(s.path) == packages[s.dir] {
			documented[s.dir] = true
		}
	}
	for dir, want := range packages {
		if !documented[dir] {
			t.Errorf("%s has no package comment in %s", dir, want)
		}
	}
}

// selfEvident are the methods whose meaning is an interface's of the standard library.
var selfEvident = []string{
	"Error", "String", "Unwrap", "Is", "As", "Len", "Less", "Swap", "Push", "Pop",
	"MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "ServeHTTP", "RoundTrip",
	"Read", "Write", "Close", "Set", "Type", "Flush", "Unwrapped",
}

func TestExportedNamesHaveComments(t *testing.T) {
	for _, s := range everySource(t) {
		if s.test || s.file.Name.Name == "main" {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Doc == nil && d.Name.IsExported() && ofExported(d) && !(d.Recv != nil && slices.Contains(selfEvident, d.Name.Name)) {
					t.Errorf("%s: %s has no comment", s.at(d), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, name := range bare(d) {
					t.Errorf("%s: %s has no comment", s.at(name), name.Name)
				}
			}
		}
	}
}

// ofExported tells a function, or a method of an exported type.
func ofExported(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	of := d.Recv.List[0].Type
	for {
		switch x := of.(type) {
		case *ast.StarExpr:
			of = x.X
		case *ast.IndexExpr:
			of = x.X
		case *ast.IndexListExpr:
			of = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}

// bare are the exported names of a declaration with no comment above, beside or over
// their group.
func bare(d *ast.GenDecl) (names []*ast.Ident) {
	if d.Tok == token.IMPORT || d.Doc != nil {
		return nil
	}
	for _, spec := range d.Specs {
		switch x := spec.(type) {
		case *ast.TypeSpec:
			if x.Name.IsExported() && x.Doc == nil && x.Comment == nil {
				names = append(names, x.Name)
			}
		case *ast.ValueSpec:
			for _, n := range x.Names {
				if n.IsExported() && x.Doc == nil && x.Comment == nil {
					names = append(names, n)
				}
			}
		}
	}
	return names
}

// A test waits for what happens, not for time to pass. A Sleep may set the pace of a
// loop that looks, run in synctest's time, or say on its line why time itself is what
// is tested. A file with a TestMain is also the program that its tests start, which
// may take its time.
func TestNoTestSleeps(t *testing.T) {
	for _, s := range everySource(t) {
		if !s.test || imported(s, "testing/synctest") || declares(s, "TestMain") {
			continue
		}
		paces, remarks := map[ast.Node]bool{}, map[int]bool{}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if loop, is := n.(*ast.ForStmt); is && looks(loop.Cond) {
				ast.Inspect(loop, func(n ast.Node) bool { paces[n] = true; return true })
			}
			return true
		})
		for _, group := range s.file.Comments {
			remarks[s.set.Position(group.Pos()).Line] = true
		}
		for _, n := range s.calls("time", "Sleep") {
			if !paces[n] && !remarks[s.set.Position(n.Pos()).Line] {
				t.Errorf("%s sleeps: wait for the event, with a deadline", s.at(n))
			}
		}
	}
}

// looks tells a condition that asks something, rather than counts.
func looks(cond ast.Expr) (asks bool) {
	if cond == nil {
		return false
	}
	ast.Inspect(cond, func(n ast.Node) bool {
		_, is := n.(*ast.CallExpr)
		asks = asks || is
		return true
	})
	return asks
}

func declares(s source, name string) bool {
	return slices.ContainsFunc(s.file.Decls, func(d ast.Decl) bool {
		f, is := d.(*ast.FuncDecl)
		return is && f.Recv == nil && f.Name.Name == name
	})
}

// No file names a folder of one machine, nor where this checkout lies.
func TestNoPathOfOneMachine(t *testing.T) {
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	home := regexp.MustCompile(`(^|[\s"'(=:` + "`" + `])(/(root|Users/\w+|home/\w+|tmp/\w+)/\w|` + regexp.QuoteMeta(here) + `\b)`)
	err = walk(func(p string) error {
		if slices.Contains([]string{".go", ".md", ".txtar", ".mod", ".yaml", ".json", ".sh", ""}, path.Ext(p)) {
			number := 0
			for line := range strings.Lines(text(t, p)) {
				if number++; home.MatchString(line) {
					t.Errorf("%s:%d: %s", p, number, strings.TrimSpace(line))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
