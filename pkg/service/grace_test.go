package service_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

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
