package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var codeShape = regexp.MustCompile(`^SLW-[A-Z]\d{3}$`)

// exitCodes are all there are, ever.
var exitCodes = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 124, 130}

// TestTable holds the table to its promise: each code once, with one exit status of
// those there are, a title, words and a remedy.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Table {
		switch {
		case !codeShape.MatchString(r.Code):
			t.Errorf("%s has not the shape of a code", r.Code)
		case seen[r.Code]:
			t.Errorf("%s stands twice", r.Code)
		case !slices.Contains(exitCodes, r.Exit) || r.Exit == 0:
			t.Errorf("%s exits with %d", r.Code, r.Exit)
		case r.Title == "" || r.Text == "" || len(r.Fixes) == 0:
			t.Errorf("%s says nothing or has no remedy", r.Code)
		}
		seen[r.Code] = true
		if text, ok := Explain(strings.ToLower(r.Code)); !ok || !strings.Contains(text, r.Text) {
			t.Errorf("explain %s: %q", r.Code, text)
		}
	}
}

// TestExits names every exit status the contract gives a code.
func TestExits(t *testing.T) {
	want := map[int]string{
		1:   "C005 C008 C009 C010 D002 D003 D010 D011 D019 X001",
		2:   "U001 U002 U003 U004 F001 F002 F003 F004 F005 F006 F007 F008 F009 F010 F011 F012 M001",
		3:   "C001 C002 E001 D017",
		4:   "C004 Z001 Z002 Z003 Z004",
		5:   "C003",
		6:   "C006 C007 D001 D014 D018 T001 K001",
		7:   "D012 D013",
		8:   "A001 A002 A003 A004 A005 G001 H001",
		124: "D015", 130: "D016",
	}
	told := 0
	for exit, codes := range want {
		for _, code := range strings.Fields(codes) {
			told++
			if got := New("SLW-"+code, "x").Exit(); got != exit {
				t.Errorf("SLW-%s exits with %d, want %d", code, got, exit)
			}
		}
	}
	if told != len(Table) {
		t.Errorf("%d codes are named here, the table has %d", told, len(Table))
	}
}

// words are all words of refusals there are, by the code each becomes.
var words = map[string]string{
	"SLW-U002": "name filter", "SLW-C009": "log-full", "SLW-F005": "invalid-spec", "SLW-D001": "plan-stale",
	"SLW-D002": "never-fits no-driver port-taken volume-elsewhere quota",
	"SLW-D003": "image-unresolved artifact-missing", "SLW-T001": "host-taken", "SLW-E001": "secret-unknown unknown",
	"SLW-Z004": "policy-root policy-capability policy-image-size policy-registry policy-isolation policy-secret-in-env policy-secret-as-env policy-limits",
	"SLW-D017": "gone",
	"SLW-D018": "frozen none busy serving already live lost draining idle promotion-refused rollback-refused halt-refused resume-refused abort-refused retry-refused",
	"SLW-M001": "needs-store", "SLW-D019": "expired limit",
}

// TestWords: every refusal word maps to a code; any other is SLW-D019.
func TestWords(t *testing.T) {
	t.Run("interface-25 every refusal word maps to a code", func(t *testing.T) {
		for code, list := range words {
			for _, word := range strings.Fields(list) {
				if got := CodeOf(word); got != code || !Known(word) {
					t.Errorf("%s is %s, want %s", word, got, code)
				}
			}
		}
	})
	if got := CodeOf("never-heard-of"); got != "SLW-D019" || Known("never-heard-of") {
		t.Errorf("an unknown word is %s", got)
	}
}

// TestSpokenWords: what the deployer's source says as a refusal has a row.
func TestSpokenWords(t *testing.T) {
	spoken := regexp.MustCompile(`Refusal\{Code: "([a-z-]+)"|Refusal\{\{Code: "([a-z-]+)"|RollbackRefused\{[^}]*Cause: "([a-z-]+)"|\bno\("([a-z-]+)"`)
	files, err := filepath.Glob("../../deployer/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source of the deployer: %v", err)
	}
	found := 0
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range spoken.FindAllStringSubmatch(string(src), -1) {
			word := strings.Join(m[1:], "")
			found++
			if !Known(word) {
				t.Errorf("%s says %q, which has no row", name, word)
			}
		}
	}
	if found < 5 {
		t.Errorf("found %d words in the deployer's source, which has more", found)
	}
}

// TestRefused: all reasons are told, the code is the first in the table's order.
func TestRefused(t *testing.T) {
	f := Refused("web", []Refusal{{"host-taken", "web.example is owned by shop"}, {"never-fits", "cpu 64"}})
	if f.Code != "SLW-D002" || f.Exit() != 1 || len(f.Why) != 2 {
		t.Errorf("got %s (%d) with %q", f.Code, f.Exit(), f.Why)
	}
	if f := Refused("web", []Refusal{{"none", "nothing to promote"}}); f.Why[0] != "nothing to promote" {
		t.Errorf("a word that says nothing more stands there: %q", f.Why)
	}
}

// TestOf: a fault is found in a chain, anything else is SLW-X001.
func TestOf(t *testing.T) {
	inner := New("SLW-E001", "no app shop")
	if Of(fmt.Errorf("status: %w", inner)) != inner {
		t.Error("the fault in the chain was lost")
	}
	cause := errors.New("disk gone")
	if f := Of(cause); f.Code != "SLW-X001" || f.Exit() != 1 || !errors.Is(f, cause) {
		t.Errorf("got %v", f)
	}
}

// TestJSON: the document's error has every field of the contract, lists never null.
func TestJSON(t *testing.T) {
	got, err := json.Marshal(New("SLW-D012", "rolled back").Serving("release %d serves", 6).Rests("abc", 18231))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"code":"SLW-D012","exit":7,"message":"rolled back","why":[],"state":"release 6 serves","fix":[],"event":{"id":"abc","seq":18231}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

var codeWritten = regexp.MustCompile(`"(SLW-[A-Z]\d{3})"`)

// TestEveryCodeIsInTheTable: no code is written outside the table.
func TestEveryCodeIsInTheTable(t *testing.T) {
	seen := 0
	for _, root := range []string{"..", "../../deployer/appfile"} {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			src, err := os.ReadFile(path)
			for _, m := range codeWritten.FindAllSubmatch(src, -1) {
				seen++
				if _, ok := Find(string(m[1])); !ok {
					t.Errorf("%s writes %s, which is in no table", path, m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 2*len(Table) {
		t.Errorf("only %d codes were found", seen)
	}
}
