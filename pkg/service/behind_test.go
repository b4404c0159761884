package service_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

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
