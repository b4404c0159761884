package provisioner

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway.dev/events"
	"slipway.dev/pkg/script"
	"slipway.dev/pkg/service"
)

// The scripts play with a binary that reads level 3 and a short hold.
func TestScripts(t *testing.T) {
	script.Run(t, "testdata", func() service.Service { return Service(Config{Level: 3, Hold: time.Minute}, nil) },
		script.Sense[Streams]("streams"), script.Sense[Drifts]("drifts"), script.Sense[Durables]("durables"),
		script.Sense[Stands]("stands"), script.Sense[Absent]("absent"), script.Sense[Failed]("failed"),
		script.Silence(events.K[events.LevelRaised]()))
}

// Two filters overlap exactly if some subject matches both.
func TestOverlapIsASubjectThatMatchesBoth(t *testing.T) {
	word := rapid.SampledFrom([]string{"a", "b", "*"})
	filter := rapid.Custom(func(t *rapid.T) string {
		tokens := rapid.SliceOfN(word, 1, 4).Draw(t, "tokens")
		if rapid.Bool().Draw(t, "rest") {
			tokens = append(tokens, ">")
		}
		return strings.Join(tokens, ".")
	})
	subjects := all([]string{"a", "b", "c"}, 6)
	rapid.Check(t, func(t *rapid.T) {
		a, b := filter.Draw(t, "a"), filter.Draw(t, "b")
		both := ""
		for _, s := range subjects {
			if matches(a, s) && matches(b, s) {
				both = s
			}
		}
		if got := overlap(a, b); got != (both != "") || got != overlap(b, a) {
			t.Fatalf("overlap(%q, %q) = %t, %q matches both", a, b, got, both)
		}
	})
}

// all are the subjects of up to so many of the words.
func all(words []string, most int) (list []string) {
	level := []string{""}
	for range most {
		var next []string
		for _, l := range level {
			for _, w := range words {
				next = append(next, strings.TrimPrefix(l+"."+w, "."))
			}
		}
		list, level = append(list, next...), next
	}
	return list
}

// matches is the server's rule, told by recursion.
func matches(filter, subject string) bool {
	f, more, filtered := strings.Cut(filter, ".")
	s, rest, longer := strings.Cut(subject, ".")
	switch {
	case f == ">":
		return true
	case f != "*" && f != s, filtered != longer:
		return false
	case !filtered:
		return true
	}
	return matches(more, rest)
}
