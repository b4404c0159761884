package sim

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// draft is an event as it goes over the wire, and as it is read there.
type draft struct {
	body []byte
	read events.Event
}

// write is one append under way.
type write struct {
	log   *Log
	guard string
	batch bool

	tail    uint64  // last sequence under the guard that is the writer's
	left    []draft // not known to be stored
	first   uint64
	stored  int
	doubted bool // the answer to the last try was lost
}

// begin refuses what breaks a rule of writing, before anything is stored.
func (l *Log) begin(guard string, expected uint64, es []events.Event) (*write, error) {
	w := &write{log: l, guard: guard, tail: expected, batch: len(es) > events.MaxChain}
	if len(es) == 0 || len(es) > events.MaxAppendEvents {
		return w, rejected("%d events: want 1 to %d", len(es), events.MaxAppendEvents)
	}
	size := 0
	for _, e := range es {
		d, err := drafted(guard, e)
		if err != nil {
			return w, err
		}
		size += len(d.body)
		w.left = append(w.left, d)
	}
	if size > events.MaxAppendBytes {
		return w, rejected("%d bytes in all: want at most %d", size, events.MaxAppendBytes)
	}
	return w, l.admit(es)
}

func drafted(guard string, e events.Event) (d draft, err error) {
	switch {
	case e.Kind.IsWish() || !e.Kind.Known():
		return d, rejected("%s %s is not a fact of the catalogue", e.Kind.Owner, e.Kind.Name())
	case e.Guard() != guard:
		return d, rejected("%s counts under %s, not under %s", e.Kind.Name(), e.Guard(), guard)
	case e.ID != events.ID(guard, e.Ordinal):
		return d, rejected("%s: id %q is not that of ordinal %d", e.Kind.Name(), e.ID, e.Ordinal)
	}
	if d.body, err = events.Encode(e); err != nil {
		return d, rejected("encode %s: %v", e.Kind.Name(), err)
	}
	if len(d.body) > events.MaxBodyBytes {
		return d, rejected("%s is %d bytes: want at most %d", e.Kind.Name(), len(d.body), events.MaxBodyBytes)
	}
	if d.read, err = events.Parse(e.StreamSubject(), nil, d.body); err == nil {
		err = d.read.Decode()
	}
	if err != nil {
		return d, rejected("read back %s: %v", e.Kind.Name(), err)
	}
	return d, nil
}

// step writes the next single or the whole batch; if the guard has moved it finds
// out whether that was this very decision.
func (w *write) step(now time.Time) error {
	n := 1
	if w.batch {
		n = len(w.left)
	}
	if w.log.moved(w.guard, w.tail, w.left[0].read) {
		return w.readBack()
	}
	for _, d := range w.left[:n] {
		if at, taken := w.log.ids[d.read.ID]; taken && !w.log.perEntity {
			return rejected("id %s is stored at %d already, before what the writer has folded", d.read.ID, at)
		}
	}
	first := w.log.Len() + 1
	for _, d := range w.left[:n] {
		w.log.store(w.guard, d, now)
	}
	w.stored += n
	w.keep(n, first, w.log.Len())
	return nil
}

// readBack walks what stands under the guard behind the writer's last word. All
// ours: said before. One of ours, its answer lost: go on. Anything else: a conflict.
func (w *write) readBack() error {
	ours := w.ours()
	switch n := len(ours); {
	case n == len(w.left):
		w.keep(n, ours[0], ours[n-1])
		return nil
	case n == 1 && !w.batch && w.doubted && ours[0] == w.log.Tail(w.guard):
		w.keep(1, ours[0], ours[0])
		return nil
	}
	return &service.ErrConflict{Guard: w.guard, Seen: w.log.Tail(w.guard)}
}

// ours are the sequences of the drafts left, as far as they stand there in order.
func (w *write) ours() (found []uint64) {
	under := w.log.under[w.guard]
	from, _ := slices.BinarySearch(under, w.tail+1)
	for i, seq := range under[from:] {
		if i == len(w.left) || !bytes.Equal(w.log.bodies[seq-1], w.left[i].body) {
			break
		}
		found = append(found, seq)
	}
	return found
}

func (w *write) keep(n int, first, last uint64) {
	if w.first == 0 {
		w.first = first
	}
	w.tail, w.left, w.doubted = last, w.left[n:], false
}

// lose undoes what an answer told: the writer has to find out by itself.
func (w *write) lose(before write) {
	*w = before
	w.doubted = true
}

func (w *write) result() service.Result {
	if w.first == 0 {
		return service.Result{}
	}
	at := func(seq uint64) events.Position { return events.Position{Era: era, Seq: seq} }
	return service.Result{First: at(w.first), Last: at(w.tail), Stored: w.stored, Already: w.stored == 0 && len(w.left) == 0}
}

func rejected(format string, args ...any) error {
	return &service.ErrRejected{Why: fmt.Sprintf(format, args...)}
}
