package cli

import (
	"context"
	"errors"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/progress"
	"slipway.dev/services/slipway/view"
)

// tick is how often a verb that waits looks at the clock.
const tick = 250 * time.Millisecond

// follower follows journeys through the log and shows them as one. It ends when all
// are over and nothing is to begin.
type follower struct {
	*session
	legs    []*leg
	begins  chan func() // what is to be done between two facts: it may add a leg
	todo    int         // of these, not done yet
	shown   progress.View
	began   time.Time
	asked   bool // whether anybody is alive to answer
	meter   *view.Meter
	counted chan events.Telemetry // what gateways tell
}

func (s *session) follower(journeys ...*view.Journey) *follower {
	f := &follower{
		session: s, began: s.Now(), begins: make(chan func()),
		meter: view.NewMeter(), counted: make(chan events.Telemetry, feedMax),
	}
	for _, j := range journeys {
		f.add(j)
	}
	f.shown = progress.New(s.progressKind(), progress.Options{
		To: s.Err, UTC: s.UTC, Verbose: s.Verbose, Now: s.Now,
		Width: func() int { return s.width(s.Err) }, Picture: f.picture,
	})
	return f
}

func (f *follower) add(j *view.Journey) *leg {
	l := &leg{Journey: j, began: f.Now(), since: f.Now()}
	f.legs = append(f.legs, l)
	return l
}

// alone follows one journey; it returns ctx's cause if that ends first.
func (f *follower) alone(ctx context.Context) error {
	f.run(ctx)
	return f.legs[0].ended
}

// run follows until every journey is over or ctx ends. Each leg tells what ended it.
func (f *follower) run(ctx context.Context) {
	defer f.shown.End()
	listening, enough := context.WithCancel(ctx)
	defer enough()
	f.listen(listening)
	t := time.NewTicker(tick)
	defer t.Stop()
	for !f.over() {
		select {
		case i := <-f.feed.items:
			if !i.caughtUp {
				f.hear(i)
			}
		case t := <-f.counted:
			f.hearCounts(t)
		case begin := <-f.begins:
			f.todo--
			begin()
		case err := <-f.feed.end:
			f.feed.end <- err
			f.abandon(err)
			return
		case <-t.C:
			if err := f.pass(ctx); err != nil {
				f.abandon(err)
				return
			}
		case <-ctx.Done():
			f.abandon(context.Cause(ctx))
			return
		}
	}
}

// over settles what has come to its end and tells whether all has.
func (f *follower) over() bool {
	all := f.todo == 0
	for _, l := range f.legs {
		all = l.settles(f.session) && all
	}
	return all
}

// abandon leaves what is still on its way.
func (f *follower) abandon(why error) {
	for _, l := range f.legs {
		if !l.settled {
			l.ended = why
		}
	}
}

func (f *follower) hear(i arrival) {
	e, ok := f.session.hear(i.message)
	if !ok {
		return
	}
	for _, l := range f.legs {
		l.Hear(f.log, e)
		if e.App == l.App && (l.ID == "" || e.Correlation == l.ID) {
			f.shown.Fact(e, i.message.Body)
		}
	}
}

// pass lets time pass: it tells what is waited for, and who is silent. Nobody can
// answer while the log is full: that ends it.
func (f *follower) pass(ctx context.Context) error {
	var waits []service.Waiter
	for _, l := range f.legs {
		waited := f.Now().Sub(l.began)
		switch {
		case l.settled:
		case waited > time.Second && len(f.log.Standing(l.App)) > 0: // also of who should answer
			waits = append(waits, f.waitsOf(l)...)
		case l.Answer == nil && !f.asked && waited > deployerWait:
			f.asked = true
			words, err := f.whoIsSilent(ctx)
			if err != nil {
				return err
			}
			f.shown.Say(words)
			if f.progressKind() == progress.JSON || f.progressKind() == progress.Quiet {
				f.hint(words)
			}
		case l.Answer != nil && waited > time.Second:
			waits = append(waits, f.waitsOf(l)...)
		}
	}
	f.shown.Waits(waits)
	f.shown.Tick()
	return nil
}

// waitsOf is what a journey waits for, with its name where there are several.
func (f *follower) waitsOf(l *leg) []service.Waiter {
	waits := f.log.Waits(l.App, f.Now())
	if len(f.legs) > 1 {
		for i := range waits {
			waits[i].Detail = l.App + ": " + waits[i].Detail
		}
	}
	return waits
}

// errOver is the cause of a context whose follower has ended.
var errOver = errors.New("nobody follows any more")

// whenever hands something to the loop of run; it is for other goroutines, as many as
// todo counts.
func (f *follower) whenever(ctx context.Context, begin func()) {
	select {
	case f.begins <- begin:
	case <-ctx.Done():
	}
}
