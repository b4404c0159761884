package services_test

import (
	"go/ast"
	"path"
	"regexp"
	"strings"
	"testing"
)

// readmeLines is how much a README may ask of a reader.
const readmeLines = 150

// documents are all Markdown files by path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := walk(func(p string) error {
		if path.Ext(p) == ".md" {
			all[p] = text(t, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/ARCHITECTURE.md", "docs/GUARANTEES.md"} {
		if all[p] == "" {
			t.Errorf("%s is missing", p)
		}
	}
	return all
}

func TestReadmeIsShort(t *testing.T) {
	if n := strings.Count(text(t, "README.md"), "\n"); n > readmeLines {
		t.Errorf("README.md has %d lines, %d are allowed", n, readmeLines)
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	fence   = regexp.MustCompile("(?ms)^( *)(```|~~~).*?^ *(```|~~~)$")
	inCode  = regexp.MustCompile("`[^`\n]+`")
)

// Every link within the checkout leads to a file, and to a heading of it.
func TestNoDeadLinks(t *testing.T) {
	all := documents(t)
	for p, body := range all {
		for _, m := range link.FindAllStringSubmatch(inCode.ReplaceAllString(fence.ReplaceAllString(body, ""), ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			to, anchor, _ := strings.Cut(m[1], "#")
			target := p
			if to != "" {
				target = path.Join(path.Dir(p), to)
			}
			if !exists(target) {
				t.Errorf("%s: %s leads nowhere", p, m[1])
			} else if anchor != "" && !headings(all[target])[anchor] {
				t.Errorf("%s: %s has no heading %s", p, target, anchor)
			}
		}
	}
}

// headings are the anchors of a document, as they are made of its headings.
func headings(body string) map[string]bool {
	all := map[string]bool{}
	dropped := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(body, ""), -1) {
		all[strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return all
}

// A file or test that a document names is there.
func TestDocumentsNameWhatIsThere(t *testing.T) {
	file := regexp.MustCompile("`((?:events|pkg|services|examples|docs|deployments)/[\\w./-]+)`")
	test := regexp.MustCompile(`\bTest[A-Z]\w+`)
	tests := map[string]bool{}
	for _, s := range everySource(t) {
		for _, d := range s.file.Decls {
			if f, is := d.(*ast.FuncDecl); is && s.test {
				tests[f.Name.Name] = true
			}
		}
	}
	for p, body := range documents(t) {
		for _, m := range file.FindAllStringSubmatch(body, -1) {
			if !exists(m[1]) {
				t.Errorf("%s names %s, which is not there", p, m[1])
			}
		}
		for _, name := range test.FindAllString(body, -1) {
			if !tests[name] {
				t.Errorf("%s names %s, which no file has", p, name)
			}
		}
	}
}
