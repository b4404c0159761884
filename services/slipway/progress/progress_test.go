package progress

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/golden"
	"slipway.dev/services/slipway/output"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func fact(data events.Payload, reason string) events.Event {
	about := data.About()
	return events.Event{Kind: events.KindOf(data), App: about.App, Place: about.Place, Subject: about.Subject, Reason: reason, Time: noon}
}

func options(to *strings.Builder, now *time.Time) Options {
	return Options{To: to, UTC: true, Width: func() int { return 0 }, Now: func() time.Time { return *now }}
}

// TestPlain: one line a transition, waits once, no cursor code whatever a reason holds.
func TestPlain(t *testing.T) {
	var b strings.Builder
	now := noon
	v := New(Plain, options(&b, &now))
	of := events.OfRelease{App: "shop", Release: 7}
	v.Fact(fact(events.ReleasePromoted{OfRelease: of}, "2 of 2\x1b[2J available"), nil)
	v.Fact(fact(events.InstanceFetching{OfInstance: events.OfInstance{App: "shop", Node: "n1", Instance: "shop-7-a1"}}, "placed"), nil)
	for range 2 {
		v.Waits([]service.Waiter{{ID: "shop/7", For: "gateway", Detail: "a gateway"}})
	}
	v.Waits(nil)
	v.End()
	want := "12:00:00  release shop/7 promoted                  2 of 2·[2J available\n          waits for: a gateway\n"
	t.Run("interface-20 plain progress holds no cursor code", func(t *testing.T) {
		if b.String() != want {
			t.Errorf("got\n%q\nwant\n%q", b.String(), want)
		}
	})
}

// TestPlainFits: on a terminal no line is wider than it, and nothing is lost; in a pipe
// each transition is one line.
func TestPlainFits(t *testing.T) {
	tell := func(width int) string {
		var b strings.Builder
		now := noon
		o := options(&b, &now)
		o.Width = func() int { return width }
		v := New(Plain, o)
		of := events.OfRelease{App: "shop", Release: 7}
		v.Fact(fact(events.ReleaseStepStarted{OfRelease: of, Step: 2, ShareBp: 2500}, "step 2 of 5: 25% of the requests"), nil)
		v.Fact(fact(events.InstanceExited{OfInstance: events.OfInstance{App: "shop", Node: "n1", Instance: "shop-7-a1"}}, "価格表が ありません: exit code 3, tried again in 4s"), nil)
		v.Waits([]service.Waiter{{Detail: "approval by an operator since 12:00:00"}, {Detail: "a gateway"}})
		v.Fact(fact(events.ReleaseAborted{OfRelease: of}, "errors 38.2% > 1.0% over 10s, 3 of 3 (412 of 1079 canary requests)"), nil)
		return b.String()
	}
	piped := tell(0)
	if n := strings.Count(piped, "\n"); n != 4 {
		t.Errorf("%d lines in a pipe:\n%s", n, piped)
	}
	for _, width := range []int{40, 80, 200} {
		t.Run(fmt.Sprintf("interface-20 plain progress in a terminal of %d columns", width), func(t *testing.T) {
			got := tell(width)
			golden.Check(t, fmt.Sprintf("plain-%d.golden", width), got)
			for _, line := range strings.Split(got, "\n") {
				if n := output.Width(line); n > width {
					t.Errorf("%d columns: %q", n, line)
				}
			}
			if fmt.Sprint(strings.Fields(got)) != fmt.Sprint(strings.Fields(piped)) {
				t.Errorf("words are lost:\n%s\nof\n%s", got, piped)
			}
		})
	}
}

// TestJSON: the bytes as they are stored, one event a line, and nothing else.
func TestJSON(t *testing.T) {
	var b strings.Builder
	now := noon
	v := New(JSON, options(&b, &now))
	v.Fact(events.Event{}, []byte(`{"id":"1"}`))
	v.Say("words")
	v.Waits([]service.Waiter{{Detail: "a gateway"}})
	v.End()
	if b.String() != "{\"id\":\"1\"}\n" {
		t.Errorf("%q", b.String())
	}
}

// TestQuiet shows nothing.
func TestQuiet(t *testing.T) {
	var b strings.Builder
	now := noon
	v := New(Quiet, options(&b, &now))
	v.Fact(fact(events.ReleaseStarted{OfRelease: events.OfRelease{App: "shop", Release: 1}}, "x"), nil)
	v.Say("x")
	v.Tick()
	v.End()
	if b.Len() != 0 {
		t.Errorf("%q", b.String())
	}
}
