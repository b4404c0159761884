package service

import (
	"context"

	"slipway.dev/events"
)

// input is what the loop takes in.
type input interface{ take() }

// word is an input that says it all.
type word func()

func (w word) take() { w() }

// fact is a message of the log on its way into the loop: one value each, since a
// million of them come when a long log is folded.
type fact struct {
	r       *runner
	ctx     context.Context // of the run
	message Message
	found   *found
	heard   bool   // else it is skipped: nobody here hears its owner
	instead func() // in place of hearing it; nil for most
}

func (f *fact) take() {
	switch {
	case f.instead != nil:
		f.instead()
	case f.heard:
		f.r.heard++
		f.r.taking, f.r.core.Aside = f, f.r.asideOfFact
		f.r.core.hearUnder(f.found.guard, f.found.event)
		f.r.core.Aside = nil
	default:
		f.r.core.Skip(f.message.Pos)
	}
	f.r.applied(&f.message)
}

// aside has the fact copied, if that was set aside.
func (f *fact) aside(a Aside) {
	if a.Pos == f.message.Pos {
		f.r.copies.take(f.ctx, copied{a, f.message})
	}
}

// applied notes how far behind the loop is: when a message has got there, not when it
// was read, as more may wait by then.
func (r *runner) applied(m *Message) {
	r.behind, r.storedLast, r.moved = max(uint64(r.unread.Add(-1)), m.Pending), m.Stored, true
	if r.opt.Behind != nil {
		r.opt.Behind(r.behind)
	}
}

// lookBack tells the core how far behind the log the messages just taken were.
func (r *runner) lookBack() {
	if r.moved {
		r.core.SetBehind(r.behind > 0 && r.opt.Now().Sub(r.storedLast) > events.MaxBehind)
		r.moved = false
	}
}
