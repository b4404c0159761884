package script

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/tools/txtar"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const (
	clock     = "15:04:05.999"
	leaseKept = time.Minute    // MaxAge of SLIPWAY_LEASES
	wisher    = "person:alice" // who wishes in scripts
	dueMax    = 100_000        // asked more often on the way to a time, it is a busy loop
)

// midnight is the day on which every script plays.
var midnight = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// world is a script as it plays: the live service and all it can hear.
type world struct {
	new    func() service.Service
	opt    options
	now    time.Time
	live   *life // nil until the first line that is no clock
	wishes []events.Event
	leases map[string]lease
	sensed []service.Signal
	then   int // of what the live service said: where the next then begins
}

type lease struct {
	service.Heard
	at time.Time
}

// play plays a script; with rewrite its then sections become what was said.
func play(path string, a *txtar.Archive, newService func() service.Service, opt options, rewrite bool) error {
	w := &world{new: newService, opt: opt, now: midnight.Add(14 * time.Hour), leases: map[string]lease{}}
	for i := range a.Files {
		f := &a.Files[i]
		lines, err := linesOf(f.Data)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, f.Name, err)
		}
		switch {
		case f.Name == "then" && rewrite:
			f.Data, err = w.rewritten(lines)
		case f.Name == "then":
			err = w.match(lines)
		case f.Name == "given" || f.Name == "when":
			err = w.perform(f.Name, i > 0 && a.Files[i-1].Name == "given", lines)
		default:
			err = fmt.Errorf("no such section: given, when, then")
		}
		if err != nil {
			return fmt.Errorf("%s: section %d, %s: %w", path, i+1, f.Name, err)
		}
	}
	return nil
}

func (w *world) perform(section string, afterGiven bool, lines []line) error {
	if section == "when" && afterGiven && w.live != nil {
		w.then = len(w.live.said)
	}
	for _, l := range lines {
		if err := w.line(l); err != nil {
			return fmt.Errorf("line %d, %s %s: %w", l.number, l.verb, strings.Join(l.args, " "), err)
		}
	}
	return nil
}

// line does one line and lets the service come to rest.
func (w *world) line(l line) (err error) {
	if w.live == nil && l.verb != "at" {
		if err := w.start(); err != nil {
			return err
		}
	}
	switch l.verb {
	case "at":
		err = w.at(l.arg(0))
	case "after":
		err = w.after(l.arg(0))
	case "wish":
		err = w.wish(l)
	case "hear":
		err = w.hear(l)
	case "lease":
		err = w.lease(l)
	case "gap":
		w.live.core.Sense(service.Signal{Data: service.Gap{}}, w.now)
	case "sense":
		err = w.sense(l)
	case "done":
		delete(w.live.acts, l.arg(0))
		w.live.core.Done(l.arg(0))
	case "restart":
		err = w.start()
	default:
		err = fmt.Errorf("no such verb")
	}
	if err != nil || w.live == nil {
		return err
	}
	return w.settle()
}

// start begins a life on the log as it is; what was said stays said.
func (w *world) start() error {
	log, said := &Log{}, []events.Event(nil)
	if w.live != nil {
		log, said = w.live.log, w.live.said
	}
	l, err := begin(w.new(), log, nil)
	if err != nil {
		return err
	}
	l.said = said
	l.ready(w.reread(), w.now)
	w.live = l
	return w.settle()
}

// settle lets the service speak until it has nothing more to say now.
func (w *world) settle() error {
	if err := w.live.rest(w.now, w.try); err != nil {
		return err
	}
	return w.same()
}

func (w *world) at(text string) error {
	t, err := time.Parse("15:04:05", text)
	if err != nil {
		return fmt.Errorf("want a time such as 14:03:00 or 14:03:00.5")
	}
	return w.until(midnight.Add(t.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))))
}

func (w *world) after(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		return err
	}
	return w.until(w.now.Add(d))
}

// until moves the clock, stopping whenever the service wants to be asked.
func (w *world) until(t time.Time) error {
	if t.Before(w.now) && w.live != nil {
		return fmt.Errorf("the clock stands at %s and goes on only", w.now.Format(clock))
	}
	for range dueMax {
		if w.live == nil || w.live.due.IsZero() || w.live.due.After(t) {
			w.now = t
			return nil
		}
		w.now = w.live.due
		if err := w.settle(); err != nil {
			return fmt.Errorf("at %s: %w", w.now.Format(clock), err)
		}
	}
	return fmt.Errorf("asked %d times before %s", dueMax, t.Format(clock))
}

func (w *world) wish(l line) error {
	if len(l.args) != 2 {
		return fmt.Errorf("want: wish app.declared web {…}")
	}
	r, err := kindNamed(events.OwnerWish, l.args[0])
	if err != nil {
		return err
	}
	var parts []string
	if l.arg(1) != "" {
		parts = []string{l.arg(1)}
	}
	data, err := payloadOf(r, l.arg(1), parts, l.data)
	if err != nil {
		return err
	}
	n := len(w.wishes) + 1
	e := events.NewWish(wisher, data, w.now, fmt.Sprintf("wish-%d", n))
	e.Pos, e.Stored = events.Position{Era: 1, Seq: uint64(n)}, w.now
	w.wishes = append(w.wishes, e)
	w.live.core.Sense(service.Signal{Wish: &e}, w.now)
	return nil
}

// hear lets somebody else say a fact.
func (w *world) hear(l line) error {
	if len(l.args) != 5 {
		return fmt.Errorf("want: hear <app> <owner> <place> <entity>.<happened> <subject> {…}")
	}
	r, err := kindNamed(l.args[1], l.args[3])
	if err != nil {
		return err
	}
	data, err := payloadOf(r, l.arg(0), strings.Split(l.args[4], "/"), l.data)
	if err != nil {
		return err
	}
	kind, guard := r.Kind, events.Guard(l.args[1], l.arg(0), l.arg(2))
	kind.Owner = l.args[1]
	seq, ordinal := w.live.log.Tail(guard)
	id := events.ID(guard, ordinal+1)
	_, err = w.live.log.Append(context.Background(), guard, seq, []events.Event{{
		ID: id, Source: events.Source(kind.Owner, l.arg(2)), Kind: kind, App: l.arg(0), Place: l.arg(2), Subject: l.args[4],
		Time: w.now, Correlation: id, Actor: events.Actor(kind.Owner, l.arg(2)), Reason: l.reason, Ordinal: ordinal + 1, Data: data,
	}})
	if err != nil {
		return err
	}
	return w.live.hear()
}

func (w *world) lease(l line) error {
	h := service.Heard{Kind: l.arg(0), Holder: l.arg(1)}
	if app, name, two := strings.Cut(h.Holder, "/"); two {
		h.App, h.Holder = app, name
	}
	if err := strict(l.data, &h.Body); err != nil {
		return err
	}
	w.leases[h.Kind+" "+l.arg(1)] = lease{h, w.now}
	w.live.core.Sense(service.Signal{Data: h}, w.now)
	return nil
}

func (w *world) sense(l line) error {
	read, ok := w.opt.senses[l.arg(0)]
	if !ok {
		return fmt.Errorf("the test registers no such signal")
	}
	v, err := read(l.data)
	if err != nil {
		return err
	}
	w.sensed = append(w.sensed, service.Signal{Data: v})
	w.live.core.Sense(service.Signal{Data: v}, w.now)
	return nil
}
