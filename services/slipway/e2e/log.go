package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
)

// Log is the event log as somebody outside reads it, from the first event on.
type Log struct {
	p   *Plane
	Bus *bus.Bus

	mu  sync.Mutex
	all []events.Event
}

// follow reads until the test is over.
func (p *Plane) follow() *Log {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), readyWait)
	defer cancel()
	b, err := bus.Connect(ctx, bus.Identity{Name: "e2e", URLs: []string{p.NATS}})
	if err != nil {
		p.t.Fatal(err)
	}
	l := &Log{p: p, Bus: b}
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	var done sync.WaitGroup
	done.Go(func() {
		b.Read(reading, events.Position{}, []string{"slipway.event.>"}, service.Reader{Deliver: l.deliver})
	})
	p.t.Cleanup(func() {
		stop()
		done.Wait()
		b.Close()
		if p.t.Failed() {
			p.t.Log(l.story())
		}
	})
	return l
}

// read is what a service reads of the log, as it stands now.
func (l *Log) read(svc service.Service) (all []events.Event) {
	l.p.t.Helper()
	filters := svc.Filters
	if filters == nil {
		filters = []string{"slipway.event.>"}
	}
	ctx, cancel := context.WithTimeout(l.p.t.Context(), readyWait)
	defer cancel()
	err := l.Bus.Read(ctx, events.Position{}, filters, service.Reader{CaughtUp: cancel, Deliver: func(m service.Message) error {
		e, err := parse(m)
		all = append(all, e)
		return err
	}})
	if !errors.Is(err, context.Canceled) {
		l.p.t.Fatalf("read the log: %v", err)
	}
	return all
}

func parse(m service.Message) (events.Event, error) {
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	if err == nil {
		err = e.Decode()
	}
	if err != nil {
		return e, fmt.Errorf("read %s: %w", m.Subject, err)
	}
	e.Pos, e.Stored = m.Pos, m.Stored
	return e, nil
}

func (l *Log) deliver(m service.Message) error {
	e, err := parse(m)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, e)
	return nil
}

// All are the events read so far that ok wants; nil wants all.
func (l *Log) All(ok func(events.Event) bool) (found []events.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.all {
		if ok == nil || ok(e) {
			found = append(found, e)
		}
	}
	return found
}

// Head is the position of the last event read.
func (l *Log) Head() events.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) == 0 {
		return events.Position{}
	}
	return l.all[len(l.all)-1].Pos
}

// CatchUp waits until everything the log holds now has been read.
func (l *Log) CatchUp() {
	l.p.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.p.t.Context()), readyWait)
	defer cancel()
	head, err := l.Bus.Head(ctx)
	if err != nil {
		l.p.t.Fatal(err)
	}
	Await(l.p.t, readyWait, "the log to be read up to "+head.String(), func() bool { return !head.After(l.Head()) })
}

// Await waits for the first event after a position that ok wants; ok must not ask the
// log.
func (l *Log) Await(after events.Position, within time.Duration, what string, ok func(events.Event) bool) (found events.Event) {
	l.p.t.Helper()
	Await(l.p.t, within, what, func() bool {
		all := l.All(func(e events.Event) bool { return e.Pos.After(after) && ok(e) })
		if len(all) > 0 {
			found = all[0]
		}
		return len(all) > 0
	})
	return found
}

// Is makes a condition: an event of an entity that happened, of an app; "" is any.
func Is(app, entity, happened string) func(events.Event) bool {
	return func(e events.Event) bool {
		return (app == "" || e.App == app) && e.Kind.Entity == entity && (happened == "" || e.Kind.Happened == happened)
	}
}

// storyLines of the log are shown when a test fails.
const storyLines = 80

// story is the end of the log in words.
func (l *Log) story() string {
	lines := []string{}
	for _, e := range l.All(nil) {
		lines = append(lines, fmt.Sprintf("#%d %s %-24s %-20s %s", e.Pos.Seq, e.Time.Format("15:04:05.000"), e.Kind.Entity+"."+e.Kind.Happened, e.Subject, e.Reason))
	}
	return "the log:\n" + strings.Join(lines[max(0, len(lines)-storyLines):], "\n")
}

// Kinds are the names of events, in order and without repetition.
func Kinds(all []events.Event) (names []string) {
	for _, e := range all {
		names = append(names, e.Kind.Entity+"."+e.Kind.Happened)
	}
	return slices.Compact(names)
}
