package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// toy is a service small enough to see whole: it grants each declaration a route, and
// retires an app a minute after its last declaration. Its faults are what the scripts
// must find.
type toy struct {
	App      string
	Declared int
	Routed   int
	At       time.Time
	Retired  bool
	Inbox    service.Inbox

	lost int // folded, but in no snapshot
	seen service.Soft[bool]
}

type fault string

func toyService(f fault) service.Service {
	return service.Service{
		Name:  "deployer",
		Hears: []events.Kind{events.K[events.NodeJoined]()},
		Says:  []events.Kind{events.K[events.AppDeclared](), events.K[events.RouteDeclared](), events.K[events.AppRetired]()},
		New: func() []service.Machine {
			return []service.Machine{service.Of(service.Decider[toy, struct{}]{
				Owner: "deployer",
				New:   func(key string) *toy { return &toy{App: key} },
				Guard: func(key string) string { return events.Guard("deployer", key, "") },
				Keys: func(e events.Event) []string {
					if e.App == "" {
						return nil
					}
					return []string{e.App}
				},
				Evolve: func(_ string, s *toy, _ *struct{}, e events.Event) { s.evolve(e) },
				Touches: func(sig service.Signal) []string {
					if app, ok := sig.Data.(seen); ok {
						return []string{app.App}
					}
					return nil
				},
				Sense:  func(s *toy, _ *struct{}, sig service.Signal, _ time.Time) { s.sense(sig) },
				Decide: func(s *toy, _ *struct{}, now time.Time) service.Says { return s.decide(f, now) },
				Acts: func(s *toy, _ *struct{}) []service.Act {
					if s.Routed == 0 || s.Retired {
						return nil
					}
					return []service.Act{{ID: "serve/" + s.App}}
				},
				Due: func(s *toy, _ *struct{}, _ time.Time) time.Time {
					if s.Retired || s.Declared == 0 || f == "deaf" {
						return time.Time{}
					}
					return s.At.Add(time.Minute)
				},
				Check: func(s *toy, _ *struct{}) error {
					if s.Routed > s.Declared {
						return fmt.Errorf("%d routes, %d declared", s.Routed, s.Declared)
					}
					return nil
				},
			})}
		},
	}
}

type seen struct{ App string }

func (s *toy) evolve(e events.Event) {
	s.Inbox.Fold(e)
	switch d := e.Data.(type) {
	case events.AppDeclared:
		s.Declared, s.At = d.Declaration, e.Time
	case events.RouteDeclared:
		s.Routed, s.lost = d.Generation, d.Generation
	case events.AppRetired:
		s.Retired = true
	}
}

func (s *toy) sense(sig service.Signal) {
	if sig.Wish != nil {
		s.Inbox.Hear(*sig.Wish)
		return
	}
	if _, ok := sig.Data.(seen); ok {
		*s.seen.Get() = true
	}
}

func (s *toy) decide(f fault, now time.Time) (say service.Says) {
	routed, declared := s.Routed, s.Declared
	if f == "impure" {
		s.At = s.At.Add(time.Second)
	}
	if f == "forgetful" {
		routed = s.lost
	}
	route := func() {
		say.Because(service.Cause{}, "declaration %d has none", declared).Fact(events.RouteDeclared{OfRoute: events.OfRoute{App: s.App, Generation: declared}})
	}
	if w, _, ok := s.Inbox.Oldest(now); ok {
		declared++
		if f == "hasty" {
			route()
			routed = declared
		}
		say.Because(service.CauseOf(w), "").Fact(events.AppDeclared{OfApp: events.OfApp{App: s.App}, Declaration: declared})
	}
	switch {
	case routed < declared || f == "chatty" && declared > 0:
		route()
	case f == "hearsay" && *s.seen.Get() && !s.Retired:
		s.Retired = true // without a word
	case declared > 0 && !s.Retired && !now.Before(s.At.Add(time.Minute)):
		say.Because(service.Cause{}, "a minute passed").Fact(events.AppRetired{OfApp: events.OfApp{App: s.App}})
	}
	return say
}

const story = `A declared app gets a route and is retired a minute later.
-- given --
at 14:03:00
-- when --
wish app.declared web {"document":{"name":"web"}}
-- then --
say web app.declared web {"declaration":1}
say web route.declared web/1 "declaration 1 has none"
act serve/web
-- when --
sense seen {"App":"web"}
after 59s
-- then --
quiet
-- when --
restart
after 1s
-- then --
say web app.retired web
act none
`

func played(t *testing.T, f fault, text string, rewrite bool) (string, error) {
	t.Helper()
	a := txtar.Parse([]byte(text))
	err := play("story", a, func() service.Service { return toyService(f) }, optionsOf([]Option{Sense[seen]("seen")}), rewrite)
	return string(txtar.Format(a)), err
}

func TestScriptHoldsWhenTheServiceDoes(t *testing.T) {
	if _, err := played(t, "", story, false); err != nil {
		t.Fatal(err)
	}
}

func TestScriptFindsWhatAServiceOwes(t *testing.T) {
	for f, want := range map[fault]string{
		"hasty":     "1 routes, 0 declared", // bus-34: a prefix of its decision breaks a Check
		"chatty":    "no rest after",
		"impure":    "its state must not change",
		"forgetful": "it says once more",
		"hearsay":   "folded from the first event: the state differs",
		"deaf":      "still says",
	} {
		t.Run(string(f), func(t *testing.T) {
			if _, err := played(t, f, story, false); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("want an error with %q, got %v", want, err)
			}
		})
	}
}

func TestScriptComparesFactsExactly(t *testing.T) {
	for _, change := range [][2]string{
		{`"declaration 1 has none"`, `"no reason"`},
		{`{"declaration":1}`, `{"declaration":2}`},
		{"say web app.retired web\n", ""},
		{"act none", "act serve/web"},
		{"say web route.declared web/1", "say web route.declared web/2"},
		{"after 1s", "after 1s\nhear web node n1 instance.ready n1/web-7-a1 {\"bot\":1}"},
		{"after 1s", "hear web node n2 instance.ready n1/web-7-a1"},
		{"after 1s", "whisper"},
	} {
		if _, err := played(t, "", strings.Replace(story, change[0], change[1], 1), false); err == nil {
			t.Errorf("%s for %s: want an error", change[1], change[0])
		}
	}
}

func TestRewriteWritesWhatWasSaid(t *testing.T) {
	bare := story
	for _, cut := range []string{"say web route.declared web/1 \"declaration 1 has none\"\n", "quiet\n", " {\"declaration\":1}"} {
		bare = strings.Replace(bare, cut, "", 1)
	}
	text, err := played(t, "", bare, true)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(strings.Replace(story, ` {"declaration":1}`, "", 1), "app.retired web", `app.retired web "a minute passed"`, 1)
	if text != want {
		t.Errorf("rewritten:\n%s\nwant:\n%s", text, want)
	}
	if _, err := played(t, "", text, false); err != nil {
		t.Errorf("what was rewritten does not hold: %v", err)
	}
}

func TestLogRefusesAStaleGuard(t *testing.T) {
	var l Log
	guard := events.Guard("deployer", "web", "")
	fact := func(ordinal uint64, data events.Payload) events.Event {
		return events.Event{
			ID: events.ID(guard, ordinal), Source: "/slipway/deployer", Kind: events.KindOf(data), App: "web",
			Subject: data.About().Subject, Ordinal: ordinal, Data: data,
		}
	}
	retired := fact(1, events.AppRetired{OfApp: events.OfApp{App: "web"}})
	removed := fact(1, events.RouteRemoved{OfRoute: events.OfRoute{App: "web", Generation: 1}})
	if _, err := l.Append(t.Context(), guard, 0, []events.Event{retired}); err != nil {
		t.Fatal(err)
	}
	if r, err := l.Append(t.Context(), guard, 0, []events.Event{retired}); err != nil || !r.Already {
		t.Errorf("the same again: %+v, %v; want Already", r, err)
	}
	var conflict *service.ErrConflict
	if _, err := l.Append(t.Context(), guard, 0, []events.Event{removed}); !errors.As(err, &conflict) || conflict.Seen != 1 {
		t.Errorf("another entity under a stale guard: %v, want a conflict at 1", err)
	}
	var rejected *service.ErrRejected
	if _, err := l.Append(t.Context(), guard, 1, []events.Event{removed}); !errors.As(err, &rejected) {
		t.Errorf("an ordinal said before: %v, want rejected", err)
	}
	if got, _ := json.Marshal(l.Events()[0].Data); string(got) != `{"app":"web"}` || len(l.Events()) != 1 {
		t.Errorf("stored %d events, the first %s", len(l.Events()), got)
	}
}
