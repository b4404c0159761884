package appfile

import (
	"os"
	"regexp"
	"testing"
)

// fenced is a part of an app file as a page shows it.
var fenced = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")

// Every app file the how-tos show is one.
func TestTheAppFilesOfTheHowTosAreRead(t *testing.T) {
	page, err := os.ReadFile("../../../docs/how-to/release-step-by-step.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := fenced.FindAllStringSubmatch(string(page), -1)
	for _, m := range shown {
		if _, errs := Parse("app.yaml", []byte(minimal+m[1]), given); len(errs) > 0 {
			t.Errorf("%s", Render(errs))
		}
	}
	if len(shown) < 4 {
		t.Errorf("%d app files", len(shown))
	}
}
