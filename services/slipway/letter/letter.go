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
	Gone     = "gone"     // parked by a node or gateway that is not there any more: it stops nothing
)

// Letter is one item of DeadList.
type Letter struct {
	Seq         uint64    `json:"seq"`               // in SLIPWAY_DEAD; 0: what was read well and could not be folded is not there
	Participant string    `json:"participant"`       // who could not read it
	State       string    `json:"state"`             // parked, requeued, dropped, kept, gone
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
func (l Letter) Name() string {
	if l.Seq == 0 {
		return l.Position
	}
	return strconv.FormatUint(l.Seq, 10)
}

// Service is whose participant could not read it: deployer, node, gateway.
func (l Letter) Service() string { return serviceOf(l.Participant) }

func serviceOf(participant string) string {
	service, _, _ := strings.Cut(participant, "-")
	return service
}

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
	if err := l.fetch(ctx, b); err != nil {
		return nil, fmt.Errorf("read what stands still: %w", err)
	}
	if err := l.leave(ctx, b); err != nil {
		return nil, fmt.Errorf("read who is there: %w", err)
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

// At are the letters about the event at a position of the log, one for each participant
// that set it aside.
func (l *Letters) At(position string) (all []Letter) {
	for _, x := range l.All {
		if x.Position == position && !x.hearsay {
			all = append(all, x)
		}
	}
	return all
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
	l.seqs[x.Seq] = l.add(x)
}

// add keeps a letter, of those about the same event the first.
func (l *Letters) add(x Letter) int {
	key := x.Participant + " " + x.Position + " " + x.Subject
	i, again := l.index[key]
	if !again {
		i = len(l.All)
		l.index[key], l.All = i, append(l.All, x)
	}
	return i
}

func (l *Letters) fold(e events.Event) {
	switch d := e.Data.(type) {
	case events.LetterParked:
		if !l.mark(d.OfLetter, Parked) {
			l.add(Letter{
				Participant: d.Participant, Position: d.Position, State: Parked, Verdict: d.Verdict, Reason: e.Reason, Time: view.Time{Time: e.Time},
			})
		}
	case events.LetterRequeued:
		l.mark(d.OfLetter, Requeued)
	case events.LetterDropped:
		l.mark(d.OfLetter, Dropped)
	}
}

// mark notes what became of a fact and tells whether a letter is about it; a wish at the
// same position is another letter. What one participant drops is dropped for all of its
// service that have not said otherwise.
func (l *Letters) mark(of events.OfLetter, state string) (found bool) {
	for i, x := range l.All {
		switch {
		case x.Position != of.Position || x.hearsay:
		case x.Participant == of.Participant:
			l.All[i].State, found = state, true
		case state == Dropped && x.State == Kept && x.Service() == serviceOf(of.Participant):
			l.All[i].State = Dropped
		}
	}
	return found
}
