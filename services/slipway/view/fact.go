package view

import (
	"strings"
	"time"

	"slipway.dev/events"
)

// Fact is what is kept of every event: enough to walk from effect to cause.
type Fact struct {
	Stream  string
	Pos     events.Position
	ID      string
	Kind    events.Kind
	App     string
	Subject string
	Actor   string
	Reason  string
	Cause   string
	Wish    events.Position
	Time    time.Time
}

func factOf(stream string, e events.Event) Fact {
	return Fact{
		Stream: stream, Pos: e.Pos, ID: e.ID, Kind: e.Kind, App: e.App, Subject: e.Subject,
		Actor: e.Actor, Reason: e.Reason, Cause: e.Cause, Wish: e.Wish, Time: e.At(),
	}
}

// note keeps a fact and remembers it as the last about its subject.
func (l *Log) note(e events.Event) {
	l.facts[e.ID] = factOf(events.StreamEvents, e)
	switch e.Kind.Entity {
	case "app", "release":
		l.last["app "+e.App] = e.ID
		l.last["release "+e.Subject] = e.ID
	case "assignment", "placement", "instance", "drift":
		l.last["instance "+lastPart(e.Subject)] = e.ID
	case "node", "lease":
		l.last["node "+strings.TrimPrefix(e.Subject, "node-")] = e.ID
	}
}

// lastPart of n1/web-7-a1 is web-7-a1.
func lastPart(subject string) string { return subject[strings.LastIndexByte(subject, '/')+1:] }

// FactAt is the fact at a position.
func (l *Log) FactAt(p events.Position) (Fact, bool) {
	for _, f := range l.facts {
		if f.Pos == p {
			return f, true
		}
	}
	return Fact{}, false
}

// Fact is the fact of an id.
func (l *Log) Fact(id string) (Fact, bool) {
	f, ok := l.facts[id]
	return f, ok
}

// Last is the last fact about an app, a release (web/7), an instance or a node.
func (l *Log) Last(kind, name string) (Fact, bool) { return l.Fact(l.last[kind+" "+name]) }
