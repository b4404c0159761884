package services_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// chapter is a part of the design whose behaviours tests name: its word and their
// numbers, from first to last.
type chapter struct {
	word        string
	first, last int
}

// chapters whose behaviours are held so far.
var chapters = []chapter{
	{"bus", 1, 35},
	{"dataplane", 8, 9}, {"dataplane", 45, 45},
	{"interface", 14, 16}, {"interface", 18, 18}, {"interface", 21, 21}, {"interface", 26, 26},
}

// awaited are behaviours that no test can name yet, and what they wait for.
var awaited = map[string]string{
	"bus 22": "mirrors in the accounts of others, which come with identities",
}

var behaviour = regexp.MustCompile(`\b([a-z]+)-(\d+)\b`)

// Each behaviour is named by the test or script that shows it.
func TestEveryBehaviourIsNamed(t *testing.T) {
	named := map[string]bool{}
	err := walk(func(p string) error {
		if !strings.HasSuffix(p, "_test.go") && !strings.HasSuffix(p, ".txtar") {
			return nil
		}
		for _, m := range behaviour.FindAllStringSubmatch(text(t, p), -1) {
			named[m[1]+" "+m[2]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range chapters {
		for n := c.first; n <= c.last; n++ {
			name := fmt.Sprintf("%s %d", c.word, n)
			why, waits := awaited[name]
			switch {
			case !waits && !named[name]:
				t.Errorf("no test names %s-%d", c.word, n)
			case waits && named[name]:
				t.Errorf("%s is named, though it is said to wait for %s", name, why)
			}
		}
	}
}
