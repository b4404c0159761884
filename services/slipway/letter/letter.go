package letter

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/view"
)

// States of a letter.
const (
	Parked   = "parked"   // its guard stands still until it is requeued or dropped
	Requeued = "requeued" // it could be read after all
	Dropped  = "dropped"  // a person let it go
	Kept     = "kept"     // it stops nothing of its own: hearsay, or behind another that is parked
)

// Letter is one item of DeadList.
type Letter struct {
	Seq         uint64    `json:"seq"`               // in SLIPWAY_DEAD
	Participant string    `json:"participant"`       // who could not read it
	State       string    `json:"state"`             // parked, requeued, dropped, kept
	Verdict     string    `json:"verdict"`           // unreadable, forged, replayed, foreign, gap, panic
	Reason      string    `json:"reason"`            // why, in the participant's words
	Subject     string    `json:"subject"`           // under which it was said
	Position    string    `json:"position"`          // era:seq of the stream it was said in
	App         string    `json:"app,omitempty"`     // it is about, where its subject tells
	Entity      string    `json:"entity,omitempty"`  // it is about, where its subject tells
	Version     string    `json:"version,omitempty"` // of the participant's binary
	Time        view.Time `json:"time"`              // when it was put there
	Bytes       int       `json:"bytes"`             // length of the body

	Body []byte `json:"-"` // as it was said

	hearsay bool // a wish: it has no guard
}

// Name is what a person types.
func (l Letter) Name() string { return strconv.FormatUint(l.Seq, 10) }

// Letters are all that are kept, in the order in which they came.
type Letters struct {
	All []Letter

	index map[string]int // of each letter in All
	seqs  map[uint64]int // also of those put again
}

// Read reads the letters and what the log says of them.
func Read(ctx context.Context, b *bus.Bus) (*Letters, error) {
	l := &Letters{index: map[string]int{}, seqs: map[uint64]int{}}
	if err := l.collect(ctx, b); err != nil {
		return nil, fmt.Errorf("read dead letters: %w", err)
	}
	err := b.Fetch(ctx, events.Filter("", "", "", "letter", ""), events.Position{}, events.Position{}, func(m service.Message) error {
		if e, err := events.Parse(m.Subject, m.Header, m.Body); err == nil && e.Decode() == nil {
			l.fold(e)
		}
		return nil // what nobody can read has a letter of its own
	})
	if err != nil {
		return nil, fmt.Errorf("read what became of dead letters: %w", err)
	}
	return l, nil
}

// Find is the letter of a sequence of SLIPWAY_DEAD.
func (l *Letters) Find(seq uint64) (Letter, bool) {
	i, ok := l.seqs[seq]
	if !ok {
		return Letter{}, false
	}
	return l.All[i], true
}

// Of counts the letters of a participant, whatever became of them.
func (l *Letters) Of(participant string) (n int) {
	for _, x := range l.All {
		if x.Participant == participant {
			n++
		}
	}
	return n
}

func (l *Letters) collect(ctx context.Context, b *bus.Bus) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	all := false
	err := b.Dead(ctx, events.Position{}, "", service.Reader{
		CaughtUp: func() { all = true; end() },
		Deliver:  func(m service.Message) error { l.put(m); return nil },
	})
	if all {
		return nil
	}
	return err
}

func (l *Letters) put(m service.Message) {
	head := func(name string) string { return strings.Join(m.Header["slipway-dead-"+name], "") }
	x := Letter{
		Seq: m.Pos.Seq, State: Kept, Verdict: head("verdict"), Reason: head("reason"), Subject: head("subject"),
		Position: head("position"), Version: head("version"), Time: view.Time{Time: m.Stored}, Bytes: len(m.Body), Body: m.Body,
	}
	x.Participant, _, _ = strings.Cut(strings.TrimPrefix(m.Subject, "slipway.dead."), ".")
	if kind, app, _, err := events.ParseSubject(x.Subject); err == nil {
		x.App, x.Entity, x.hearsay = app, kind.Entity, kind.IsWish()
	}
	key := x.Participant + " " + x.Position + " " + x.Subject
	i, again := l.index[key]
	if !again {
		i = len(l.All)
		l.index[key], l.All = i, append(l.All, x)
	}
	l.seqs[x.Seq] = i
}

func (l *Letters) fold(e events.Event) {
	switch d := e.Data.(type) {
	case events.LetterParked:
		l.mark(d.OfLetter, Parked)
	case events.LetterRequeued:
		l.mark(d.OfLetter, Requeued)
	case events.LetterDropped:
		l.mark(d.OfLetter, Dropped)
	}
}

// mark notes what became of a fact; a wish at the same position is another letter.
func (l *Letters) mark(of events.OfLetter, state string) {
	for i, x := range l.All {
		if x.Participant == of.Participant && x.Position == of.Position && !x.hearsay {
			l.All[i].State = state
		}
	}
}
