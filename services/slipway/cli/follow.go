package cli

import (
	"context"
	"time"

	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/progress"
	"slipway.dev/services/slipway/view"
)

// tick is how often a verb that waits looks at the clock.
const tick = 250 * time.Millisecond

// follower follows a journey through the log and shows it.
type follower struct {
	*session
	j     *view.Journey
	shown progress.View
	began time.Time
	asked bool // whether anybody is alive to answer
}

func (s *session) follower(j *view.Journey) *follower {
	f := &follower{session: s, j: j, began: s.Now()}
	f.shown = progress.New(s.progressKind(), progress.Options{
		To: s.Err, UTC: s.UTC, Verbose: s.Verbose, Now: s.Now,
		Width: func() int { return s.width(s.Err) }, Tree: f.picture,
	})
	return f
}

// run follows until the journey is done or ctx ends; it returns ctx's cause then.
func (f *follower) run(ctx context.Context) error {
	defer f.shown.End()
	t := time.NewTicker(tick)
	defer t.Stop()
	for !f.j.Done() {
		select {
		case i := <-f.feed.items:
			if !i.caughtUp {
				f.hear(i)
			}
		case err := <-f.feed.end:
			return err
		case <-t.C:
			f.pass(ctx)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	f.j.Settle(f.log)
	if f.j.Outcome == "unchanged" && f.j.Goal == view.Completed {
		return f.resize(ctx, t)
	}
	return nil
}

// cannotGrow is how long no node may have room for a size before a verb gives up on it.
const cannotGrow = 5 * time.Second

// resize waits until an app whose declaration made no release is of its size: that is
// what was asked for.
func (f *follower) resize(ctx context.Context, t *time.Ticker) error {
	var blocked time.Time
	for {
		lacks, there := f.log.Size(f.j.App, f.Now())
		switch {
		case there:
			return nil
		case lacks == "":
			blocked = time.Time{}
		case blocked.IsZero():
			blocked = f.Now()
		case f.Now().Sub(blocked) > cannotGrow:
			return fault.New(planCode, "%s cannot be of the size its file asks for", f.j.App).Because(lacks).Try("slipway status " + f.j.App)
		}
		select {
		case i := <-f.feed.items:
			if !i.caughtUp {
				f.hear(i)
			}
		case err := <-f.feed.end:
			return err
		case <-t.C:
			f.pass(ctx)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (f *follower) hear(i arrival) {
	e, ok := f.session.hear(i.message)
	if !ok {
		return
	}
	f.j.Hear(f.log, e)
	if e.App == f.j.App && (f.j.ID == "" || e.Correlation == f.j.ID) {
		f.shown.Fact(e, i.message.Body)
	}
}

// pass lets time pass: it tells what is waited for, and who is silent.
func (f *follower) pass(ctx context.Context) {
	waited := f.Now().Sub(f.began)
	switch {
	case f.j.Answer == nil && !f.asked && waited > deployerWait:
		f.asked = true
		f.shown.Say(f.silence(ctx))
		if f.progressKind() == progress.JSON || f.progressKind() == progress.Quiet {
			f.hint(f.silence(ctx))
		}
	case f.j.Answer != nil && waited > time.Second:
		f.shown.Waits(f.log.Waits(f.j.App, f.Now()))
	}
	f.shown.Tick()
}
