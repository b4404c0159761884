package service

import (
	"time"

	"slipway.dev/events"
)

// Inbox keeps the wishes of a key. What was answered is a fact; what is open is
// hearsay and simply read again after a restart.
type Inbox struct {
	Answered events.Position `json:"answered"` // highest wish answered

	open Soft[[]events.Event]
}

// Fold notes the wish a fact answers: it and all before it are not open any more.
func (i *Inbox) Fold(e events.Event) {
	if !e.Wish.After(i.Answered) {
		return
	}
	i.Answered = e.Wish
	open := i.open.Get()
	for len(*open) > 0 && !(*open)[0].Pos.After(i.Answered) {
		*open = (*open)[1:]
	}
}

// Hear adds a wish to the open ones, unless it has been answered or is known. They
// are kept in the order of WISHES.
func (i *Inbox) Hear(e events.Event) {
	open := i.open.Get()
	if n := len(*open); !e.Pos.After(i.Answered) || n > 0 && !e.Pos.After((*open)[n-1].Pos) {
		return
	}
	*open = append(*open, e)
}

// Oldest is the wish to be answered next. state tells whether it is to be refused
// unread: "expired" when nobody was there to answer for too long, "busy" when too
// many are open.
func (i *Inbox) Oldest(now time.Time) (e events.Event, state string, ok bool) {
	open := *i.open.Get()
	switch {
	case len(open) == 0:
		return events.Event{}, "", false
	case now.Sub(open[0].Stored) > events.WishAge:
		return open[0], "expired", true
	case len(open) > events.MaxOpenWishes:
		return open[0], "busy", true
	}
	return open[0], "", true
}

// Open is how many wishes wait.
func (i *Inbox) Open() int { return len(*i.open.Get()) }
