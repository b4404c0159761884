package service_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		l.elsewhere(t, paused("web", 1))
		l.spoiled[eventOf(paused("web", 1), 1).StreamSubject()] = func(m service.Message) service.Message {
			m.Subject = strings.Replace(m.Subject, "paused", "pondered", 1)
			m.Body = bytes.Replace(m.Body, []byte("release.paused"), []byte("release.pondered"), 1)
			return m
		}
		r := start(t, pausing(), l, service.Options{}, 0)
		if err := <-r.done; !errors.Is(err, service.ErrNewerLog) {
			t.Errorf("it ended with %v", err)
		}
		r.stop()
	})
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

// bus-10: under steady traffic Decide still runs for each touched key.
func TestSteadyTraffic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const bound = 50 * time.Millisecond
		heard, worst := map[string]time.Time{}, time.Duration(0)
		svc := pausingWith(func(app string) {
			if at, ok := heard[app]; ok {
				worst = max(worst, time.Since(at))
				delete(heard, app)
			}
		})
		deciders := svc.New
		svc.New = func() []service.Machine { return []service.Machine{noting{deciders()[0], heard}} }
		l := newLine()
		r := start(t, svc, l, service.Options{}, 0)
		const n = 4000 // two seconds; each fold takes as long as the next event needs to come
		for i := range n {
			l.elsewhere(t, registered(fmt.Sprint("app", i%10)))
			time.Sleep(time.Second / 2000)
		}
		pass(10 * time.Second)
		if worst == 0 || worst > bound {
			t.Errorf("a touched key waited %s", worst)
		}
		if said := l.names("deployer"); len(said) != n {
			t.Errorf("%d events, %d answers", n, len(said))
		}
		r.end()
	})
}

// noting notes when a key was touched, and takes its time to fold.
type noting struct {
	service.Machine
	heard map[string]time.Time
}

func (m noting) Fold(e events.Event) []string {
	if e.Kind.Owner == "registry" {
		time.Sleep(time.Second / 2000)
		if _, waits := m.heard[e.App]; !waits {
			m.heard[e.App] = time.Now()
		}
	}
	return m.Machine.Fold(e)
}

func TestRunFarBehind(t *testing.T) {
	for name, slowFold := range map[string]bool{
		"bus-29 events come in late":                    false,
		"bus-29 events wait because folding takes long": true,
	} {
		t.Run(name, func(t *testing.T) {
			prevents(t, service.RuleBehind, func(t *testing.T, copies int, off service.Rule) (err error) {
				synctest.Test(t, func(t *testing.T) { err = farBehind(t, copies, off, slowFold) })
				return err
			})
		})
	}
}

// farBehind lets ten events come at once of which each takes 100 ms to be read, or to
// be folded.
func farBehind(t *testing.T, copies int, off service.Rule, slowFold bool) error {
	const n, each = 10, 100 * time.Millisecond
	l, late := newLine(), []time.Duration{}
	var begun time.Time
	var mu sync.Mutex // twins ask at once
	svc := pausingWith(func(string) {
		mu.Lock()
		defer mu.Unlock()
		if ago := time.Since(begun); ago > events.MaxBehind+each/2 && ago < n*each-each/2 {
			late = append(late, ago)
		}
	})
	if slowFold {
		deciders := svc.New
		svc.New = func() []service.Machine { return []service.Machine{slowFolding{deciders()[0], each}} }
	}
	for i := range n {
		if !slowFold {
			l.spoiled[eventOf(registered(fmt.Sprint("app", i)), 1).StreamSubject()] = func(m service.Message) service.Message {
				time.Sleep(each)
				return m
			}
		}
	}
	var all []*running
	for range copies {
		all = append(all, start(t, svc, l, service.Options{}, off))
	}
	begun = time.Now()
	for i := range n {
		l.elsewhere(t, registered(fmt.Sprint("app", i)))
		if slowFold { // each is the last one when it is read
			pass(each / n)
		}
	}
	pass(time.Minute)
	for _, r := range all {
		r.end()
	}
	if len(late) > 0 {
		return fmt.Errorf("asked %v after the events were stored", late)
	}
	if said := l.names("deployer"); len(said) != n || once(said, "") != nil {
		return fmt.Errorf("caught up it has said %v", said)
	}
	return nil
}

// slowFolding is a machine that takes its time for what others say.
type slowFolding struct {
	service.Machine
	by time.Duration
}

func (m slowFolding) Fold(e events.Event) []string {
	if e.Kind.Owner == "registry" {
		time.Sleep(m.by)
	}
	return m.Machine.Fold(e)
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

// Lesson 4, as the live loop finds it out.
func TestGrace(t *testing.T) {
	for name, missed := range map[string]func(l *line, copies int, slow *time.Duration){
		"bus-28 a reconnect of the log":                          func(l *line, _ int, _ *time.Duration) { l.lapse() },
		"bus-28 a gap in the leases":                             func(l *line, copies int, _ *time.Duration) { l.interrupt(copies) },
		"a pause of its own of more than 500 ms (dataplane-2.2)": func(l *line, copies int, slow *time.Duration) { l.pause(copies, slow, 700*time.Millisecond) },
	} {
		t.Run(name, func(t *testing.T) {
			prevents(t, service.RuleGrace, func(t *testing.T, copies int, off service.Rule) (err error) {
				synctest.Test(t, func(t *testing.T) { err = grace(t, copies, off, missed) })
				return err
			})
		})
	}
	t.Run("a short turn is no pause", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			if err := grace(t, 1, 0, func(l *line, copies int, slow *time.Duration) { l.pause(copies, slow, 400*time.Millisecond) }); err == nil {
				t.Error("400 ms were taken for a pause")
			}
		})
	})
}

// grace interrupts a watcher just before a holder would count as silent.
func grace(t *testing.T, copies int, off service.Rule, missed func(*line, int, *time.Duration)) error {
	l, slow := newLine(), time.Duration(0)
	l.elsewhere(t, events.NodeJoined{
		OfNode: events.OfNode{Node: "n1"}, Incarnation: 1,
		NodeDescription: events.NodeDescription{Address: "127.0.0.1", Arch: "amd64", Os: "linux", Drivers: []string{"process"}},
	})
	svc := watching()
	deciders := svc.New
	svc.New = func() []service.Machine { return []service.Machine{slowly{deciders()[0], &slow}} }
	var all []*running
	for range copies {
		all = append(all, start(t, svc, l, service.Options{}, off))
	}
	heard := func() {
		for range copies {
			l.leases <- service.Message{Subject: events.LeaseSubject("node", "n1"), Body: []byte("{}")}
		}
	}
	heard()
	time.Sleep(events.LeaseTTL - 300*time.Millisecond)
	missed(l, copies, &slow)
	time.Sleep(time.Second) // by now a TTL has passed since it was heard
	synctest.Wait()
	slow = 0
	said := l.names("registry")
	pass(2 * events.LeaseTTL)
	later := l.names("registry")
	for _, r := range all {
		r.end()
	}
	switch {
	case len(said) > 0:
		return fmt.Errorf("%v within a TTL of the interruption", said)
	case len(later) != 1:
		return fmt.Errorf("after a TTL of silence: %v", later)
	}
	return nil
}

func (l *line) lapse() {
	for _, f := range l.lapses {
		f()
	}
}

func (l *line) interrupt(copies int) {
	for range copies {
		l.gap <- struct{}{}
	}
}

// pause gives the watchers something to be slow about.
func (l *line) pause(copies int, slow *time.Duration, by time.Duration) {
	*slow = by
	for range copies {
		l.leases <- service.Message{Subject: events.LeaseSubject("node", "n2"), Body: []byte("{}")}
	}
}

// slowly is a machine that takes its time to hear of n2.
type slowly struct {
	service.Machine
	by *time.Duration
}

func (m slowly) Sense(s service.Signal, now time.Time) []string {
	if h, ok := s.Data.(service.Heard); ok && h.Holder == "n2" {
		time.Sleep(*m.by)
	}
	return m.Machine.Sense(s, now)
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
