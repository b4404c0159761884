package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// edit is a text of a source file and what stands there in the neighbour version.
type edit struct{ file, here, there string }

// neighbour is the next version as small as it can be: it reads level 2, and once the
// log is there it says one thing that level 1 does not know.
var neighbour = []edit{
	{"events/catalog.go", "const Level = 1", "const Level = 2"},
	{"events/catalog.go", `row[LevelRaised]("level", "raised"),`, `row[LevelRaised]("level", "raised"), row[LevelGreeted]("level", "greeted").as(1, 2),`},
	{"events/cluster.go", "// OfStream names a stream.", "// LevelGreeted says hello.\ntype LevelGreeted struct{ LevelRaised }\n\n// OfStream names a stream."},
	{"services/provisioner/service.go", "events.K[events.LevelRaised](),", "events.K[events.LevelRaised](), events.K[events.LevelGreeted](),"},
	{"services/provisioner/state.go", "type State struct {", "type State struct {\n\tGreeted bool"},
	{"services/provisioner/state.go", "case events.LevelRaised:", "case events.LevelGreeted:\n\t\ts.Greeted = true\n\tcase events.LevelRaised:"},
	{"services/provisioner/decide.go", "w := s.world.Get()\n", "w := s.world.Get()\n\tif s.Level >= 2 && !s.Greeted {\n" +
		"\t\tsay.Because(s.Last, \"hello\").Fact(events.LevelGreeted{LevelRaised: events.LevelRaised{Level: s.Level}})\n\t}\n"},
}

// Neighbour builds the neighbour version and returns its path.
func Neighbour(t testing.TB) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	main := filepath.Dir(filepath.Dir(here))
	root, dir := filepath.Dir(filepath.Dir(main)), t.TempDir()
	overlay := filepath.Join(dir, "overlay.json")
	b, err := json.Marshal(map[string]any{"Replace": edited(t, root, dir)})
	if err == nil {
		err = os.WriteFile(overlay, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "slipway")
	build := exec.Command("go", "build", "-overlay", overlay, "-o", path, ".")
	build.Dir = main
	if words, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the neighbour version: %v\n%s", err, words)
	}
	return path
}

// edited writes the changed files and tells which stands for which.
func edited(t testing.TB, root, dir string) map[string]string {
	t.Helper()
	replace := map[string]string{}
	for _, e := range neighbour {
		from := filepath.Join(root, e.file)
		to, read := filepath.Join(dir, strings.ReplaceAll(e.file, "/", "-")), from
		if replace[from] != "" {
			read = to
		}
		text, err := os.ReadFile(read)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(text), e.here) != 1 {
			t.Fatalf("%s does not hold %q once", e.file, e.here)
		}
		if err := os.WriteFile(to, []byte(strings.Replace(string(text), e.here, e.there, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[from] = to
	}
	return replace
}
