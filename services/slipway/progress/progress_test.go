package progress

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
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
