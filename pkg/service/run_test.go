package service_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, ready := newLine(), 0
		l.elsewhere(t, registered("web"))
		var applied events.Position
		r := start(t, pausing(), l, service.Options{
			Copy: "a", Lease: time.Second,
			Ready: func() { ready++ }, Applied: func(p events.Position) { applied = p },
		}, 0)
		l.elsewhere(t, registered("web"), registered("api"))
		pass(3 * time.Second)
		want := []string{"release.paused api/1", "release.paused web/1", "release.paused web/2"}
		said := l.names("deployer")
		if slices.Sort(said); !slices.Equal(said, want) {
			t.Errorf("said %v, want %v", said, want)
		}
		if ready != 1 || applied.Seq != 6 {
			t.Errorf("told %d times that it is ready, applied %s", ready, applied)
		}
		if want := []string{"slipway.lease.service.deployer-a 1", "slipway.lease.service.deployer-a 2", "slipway.lease.service.deployer-a 3"}; !slices.Equal(l.holders, want) {
			t.Errorf("leases %v", l.holders)
		}
		r.end()
	})
}

func TestTwoCopiesRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		a, b := start(t, pausing(), l, service.Options{}, 0), start(t, pausing(), l, service.Options{}, 0)
		for i := range 50 {
			l.elsewhere(t, registered(fmt.Sprint("app", i%5)))
			pass(time.Duration(i%3) * time.Millisecond)
		}
		pass(time.Minute)
		if said := l.names("deployer"); len(said) != 50 || once(said, "") != nil {
			t.Errorf("%d facts of 50: %v", len(said), once(said, ""))
		}
		a.end()
		b.end()
	})
}

// Lesson 8.
func TestWhatNobodyHearsIsDroppedUnread(t *testing.T) {
	t.Run("bus-32 one filter, unheard owners are not scanned, data of unheard kinds is not decoded", func(t *testing.T) {
		prevents(t, service.RuleUnread, func(t *testing.T, copies int, off service.Rule) (err error) {
			synctest.Test(t, func(t *testing.T) { err = unread(t, copies, off) })
			return err
		})
	})
}

func unread(t *testing.T, copies int, off service.Rule) error {
	l := newLine()
	foreign := events.NodeLeft{OfNode: events.OfNode{Node: "n1"}}                                                       // of an owner nobody hears
	unheard := events.BrakeEngaged{OfBrake: events.OfBrake{App: "web"}, Scope: "pool"}                                  // of one of whom another kind is heard
	l.spoiled[eventOf(foreign, 1).StreamSubject()] = func(m service.Message) service.Message { m.Body = nil; return m } // no envelope
	l.spoiled[eventOf(unheard, 1).StreamSubject()] = func(m service.Message) service.Message {                          // no data
		m.Body = bytes.Replace(m.Body, []byte(`"scope":"pool"`), []byte(`"scope":123456`), 1)
		return m
	}
	l.elsewhere(t, foreign, registered("web"), unheard, registered("web"))
	var all []*running
	for range copies {
		all = append(all, start(t, pausing(), l, service.Options{}, off))
	}
	pass(time.Second)
	for _, r := range all {
		r.end()
	}
	switch {
	case len(l.dead) > 0:
		return fmt.Errorf("dead letters %v", l.dead)
	case !slices.Equal(l.filters, []string{"slipway.event.>"}):
		return fmt.Errorf("read with %v", l.filters)
	case len(l.names("deployer")) != 2:
		return fmt.Errorf("said %v", l.names("deployer"))
	}
	return nil
}

func TestRunPoison(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		l.spoiled[eventOf(registered("web"), 1).StreamSubject()] = func(m service.Message) service.Message {
			if m.Pos.Seq == 2 {
				m.Body = []byte("{")
			}
			return m
		}
		l.elsewhere(t, registered("api"), registered("web"), registered("web"), registered("api"))
		r := start(t, pausing(), l, service.Options{}, 0)
		pass(time.Second)
		if !slices.Equal(l.dead, []string{"deployer 1:2 unreadable"}) {
			t.Errorf("dead letters %v", l.dead)
		}
		want := []string{"letter.parked deployer/1:2", "release.paused api/1", "release.paused api/2"}
		said := l.names("deployer")
		if slices.Sort(said); !slices.Equal(said, want) {
			t.Errorf("said %v, want %v", said, want)
		}
		r.end()
	})
}

func TestRunEndsAtANewerLog(t *testing.T) {
	for name, spoil := range map[string]func(*service.Message){
		"a kind nobody knows": func(m *service.Message) {
			m.Subject = strings.Replace(m.Subject, "paused", "pondered", 1)
			m.Body = bytes.Replace(m.Body, []byte("release.paused"), []byte("release.pondered"), 1)
		},
		"a version nobody knows": func(m *service.Message) {
			m.Body = bytes.Replace(m.Body, []byte("release.paused.v1"), []byte("release.paused.v9"), 1)
		},
	} {
		t.Run(name, func(t *testing.T) { endsAtANewerLog(t, spoil) })
	}
}

func endsAtANewerLog(t *testing.T, spoil func(*service.Message)) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		l.elsewhere(t, paused("web", 1))
		l.spoiled[eventOf(paused("web", 1), 1).StreamSubject()] = func(m service.Message) service.Message {
			spoil(&m)
			return m
		}
		r := start(t, pausing(), l, service.Options{}, 0)
		if err := <-r.done; !errors.Is(err, service.ErrNewerLog) {
			t.Errorf("it ended with %v", err)
		}
		r.stop()
	})
}

// A service folds every version of what it hears: each is told as the newest.
func TestAServiceHearsEveryVersion(t *testing.T) {
	svc := pausing()
	first := events.K[events.ReleasePaused]()
	newer := first
	newer.Version = 2
	svc.Hears = []events.Kind{newer}
	c := service.NewCore(svc)
	if !c.Hears(first) || !c.Hears(newer) {
		t.Errorf("hears the first %t, the newer %t", c.Hears(first), c.Hears(newer))
	}
}

func TestRunFromASnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		var kept []byte
		opt := service.Options{Stream: "one", Save: func(b []byte) { kept = b }}
		l.elsewhere(t, registered("web"), registered("web"))
		r := start(t, pausing(), l, opt, 0)
		pass(time.Second)
		r.end()
		for name, stream := range map[string]string{"its own": "one", "another stream's": "two"} {
			opt.Start, opt.Stream = kept, stream
			l.elsewhere(t, registered("web"))
			before := len(l.names("deployer"))
			r := start(t, pausing(), l, opt, 0)
			pass(time.Second)
			r.end()
			said := l.names("deployer")
			if len(said) != before+1 || once(said, "") != nil {
				t.Errorf("from %s snapshot it said %v", name, said)
			}
		}
	})
}

func TestRunSavesNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, saves := newLine(), 0
		r := start(t, pausing(), l, service.Options{Save: func([]byte) { saves++ }}, 0)
		for range 20 { // two facts each minute: the input and the answer
			l.elsewhere(t, registered("web"))
			pass(time.Minute)
		}
		if saves < 3 || saves > 4 {
			t.Errorf("%d snapshots in 20 minutes of little traffic", saves)
		}
		r.end()
	})
}

func TestActsRun(t *testing.T) {
	t.Run("those that are under way end with the run", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l, h := newLine(), &hands{}
			svc := pausing()
			svc.Driver = h
			l.elsewhere(t, registered("web"), registered("api"))
			r := start(t, svc, l, service.Options{}, 0)
			pass(time.Second)
			r.end()
			slices.Sort(h.ended)
			if want := []string{"hold/api-1", "hold/web-1"}; !slices.Equal(h.ended, want) || len(h.began) != 2 {
				t.Errorf("began %v, ended %v", h.began, h.ended)
			}
		})
	})
	t.Run("bus-25 one that is cancelled lets go before its successor begins", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l, h := newLine(), &hands{stubbox: make(chan struct{})}
			svc := pausing()
			svc.Driver = h
			l.elsewhere(t, registered("web"))
			r := start(t, svc, l, service.Options{}, 0)
			pass(time.Second)
			l.elsewhere(t, events.AppRetired{OfApp: events.OfApp{App: "web"}}) // its acts end
			pass(time.Second)
			l.elsewhere(t, registered("web")) // and are wanted again
			pass(time.Second)
			if !slices.Equal(h.began, []string{"hold/web-1"}) || len(h.ended) > 0 {
				t.Errorf("while the first holds on: began %v, ended %v", h.began, h.ended)
			}
			close(h.stubbox)
			pass(time.Second)
			if !slices.Equal(h.began, []string{"hold/web-1", "hold/web-1"}) || len(h.ended) != 1 {
				t.Errorf("after it let go: began %v, ended %v", h.began, h.ended)
			}
			l.elsewhere(t, events.AppRetired{OfApp: events.OfApp{App: "web"}})
			pass(time.Second)
			if len(h.ended) != 2 {
				t.Errorf("no longer wanted its successor goes on: ended %v", h.ended)
			}
			r.end()
		})
	})
	t.Run("one that ended is not run again while it is listed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l, h := newLine(), &hands{finish: make(chan struct{})}
			close(h.finish)
			svc := pausing()
			svc.Driver = h
			r := start(t, svc, l, service.Options{}, 0)
			for range 3 {
				l.elsewhere(t, registered("web"))
				pass(time.Second)
			}
			if want := []string{"hold/web-1", "hold/web-2", "hold/web-3"}; !slices.Equal(h.began, want) {
				t.Errorf("began %v, want %v", h.began, want)
			}
			r.end()
		})
	})
}

func TestHearsayThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		r := start(t, pausing(), l, service.Options{}, 0)
		l.wishes <- service.Message{Subject: "slipway.wish.web._.app.retired", Pos: events.Position{Era: 1, Seq: 7}, Body: []byte("retire web")}
		pass(time.Second)
		if !slices.Equal(l.dead, []string{"deployer 1:7 unreadable"}) || len(l.names("deployer")) > 0 {
			t.Errorf("dead letters %v, said %v", l.dead, l.names("deployer"))
		}
		r.end()
	})
}

func TestRunEndsWhenAReaderFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, broken := newLine(), errors.New("away")
		svc := pausing()
		svc.Driver = failing{broken}
		r := start(t, svc, l, service.Options{}, 0)
		if err := <-r.done; !errors.Is(err, broken) {
			t.Errorf("it ended with %v", err)
		}
		r.stop()
	})
}

type failing struct{ err error }

func (f failing) Do(context.Context, service.Act) {}

func (f failing) Watch(context.Context, func(service.Signal), func()) error {
	return f.err
}
