package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Standing is an event that a participant could not read and stands still over.
type Standing struct {
	Participant string
	At          events.Position // of the event
	Guard       string          // of which the participant reads nothing further
	Reason      string          // why it could not, in its own words
	Since       time.Time
}

// Words name a letter and what to do about it.
func (s Standing) Words() string {
	return fmt.Sprintf("dead letter %s at %s: slipway dead show %s", s.At, s.Participant, s.At)
}

// foldLetter folds what a participant says of what it cannot read.
func (l *Log) foldLetter(e events.Event) {
	switch d := e.Data.(type) {
	case events.LetterParked:
		at, err := events.ParsePosition(d.Position)
		if err == nil {
			l.letters[letterKey(d.OfLetter)] = Standing{Participant: d.Participant, At: at, Guard: d.Guard, Reason: e.Reason, Since: e.Time}
		}
	case events.LetterRequeued:
		delete(l.letters, letterKey(d.OfLetter))
	case events.LetterDropped:
		delete(l.letters, letterKey(d.OfLetter))
	}
}

func letterKey(of events.OfLetter) string { return of.Participant + " " + of.Position }

// Standing are the letters over which something about an app stands still, the oldest
// first: those of its own guards, and of guards of all apps. Who is not there stands
// still over nothing.
func (l *Log) Standing(app string) (list []Standing) {
	for _, key := range service.Sorted(l.letters) {
		if s := l.letters[key]; concerns(s.Guard, app) && !l.Away(s.Participant) {
			list = append(list, s)
		}
	}
	slices.SortStableFunc(list, func(a, b Standing) int { return cmp.Compare(a.At.Seq, b.At.Seq) })
	return list
}

// concerns tells whether a guard holds what is said about an app.
func concerns(guard, app string) bool {
	own := strings.Split(events.Guard(Snapshot, app, ""), ".")
	tokens := strings.Split(guard, ".")
	return len(tokens) > 2 && (tokens[2] == own[2] || tokens[2] == "*")
}

// Away tells whether a participant is a node or gateway that is not there: it has left
// or was given up, or is a gateway whose lease lapsed.
func (l *Log) Away(participant string) bool {
	kind, name, _ := strings.Cut(participant, "-")
	switch kind {
	case "node":
		n := l.nodes[name]
		return n != nil && n.gone != ""
	case "gateway":
		g := l.gateways[name]
		return g != nil && !g.live
	}
	return false
}

// waitsForLetters are the letters an app waits for.
func (l *Log) waitsForLetters(app string) (waits []service.Waiter) {
	for _, s := range l.Standing(app) {
		waits = append(waits, service.Waiter{ID: app, For: "letter", Detail: s.Words()})
	}
	return waits
}
