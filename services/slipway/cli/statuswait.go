package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/view"
)

// waitStatus waits until nothing of the apps is on its way and ends as the deploy
// that began it would have ended.
func (e *Env) waitStatus(ctx context.Context, names []string) error {
	ctx, cancel := e.deadline(ctx, 0)
	defer cancel()
	var past []service.Message
	s, err := e.open(ctx, func(m service.Message) { past = append(past, m) })
	if err != nil {
		return err
	}
	defer s.close()
	s.keep = nil
	if _, err := s.apps(names); err != nil {
		return err
	}
	if len(names) == 0 {
		names = s.log.Apps()
	}
	var faults []error
	for _, name := range names {
		faults = append(faults, s.waitFor(ctx, name, past))
		if ctx.Err() != nil {
			break
		}
	}
	return s.waited(names, faults)
}

// waited shows how the apps stand now, with the worst of the faults.
func (s *session) waited(names []string, faults []error) error {
	apps, err := s.apps(names)
	if err != nil {
		return err
	}
	worst := worstOf(faults)
	doc := s.document("AppList", apps)
	if worst != nil {
		doc.Error = fault.Of(worst)
	}
	if err := s.show(doc, func(w io.Writer) error { return s.statusTable(w, apps) }); err != nil {
		return err
	}
	return worst
}

// waitFor follows what an app is on its way to; where it is on its way to nothing,
// its last release tells.
func (s *session) waitFor(ctx context.Context, app string, past []service.Message) error {
	j, ok := s.log.Watching(app, view.Completed)
	if !ok {
		return s.lastEnd(app)
	}
	f := s.follower(j)
	if r := s.log.Record(app, j.Release); r != nil {
		f.replay(past, r.Planned.Correlation)
	}
	_, err := s.result(ctx, j, "deploy", f.alone(ctx))
	return err
}

// lastEnd judges the last release of an app that stands still.
func (s *session) lastEnd(app string) error {
	a, _ := s.log.App(app)
	r := s.log.Record(app, a.Last)
	if r == nil || a.Retired || r.Release.Reached {
		return nil
	}
	if a.Accepted != nil && a.Accepted.Number > r.Release.Declaration {
		return nil // what was declared last is what serves, so no release was made of it
	}
	j := &view.Journey{App: app, Release: a.Last, Outcome: view.Outcome(s.log.Current(app, a.Last)), Reasons: r.Reasons, Answer: &r.Decided}
	return s.judge(j, s.log.Deployment(app, "deploy", a.Last, s.Now()))
}

// replay shows a view that came late what it missed: from the first fact of the
// correlation.
func (f *follower) replay(past []service.Message, correlation string) {
	for _, m := range past {
		e, ok := parsed(m)
		if ok && e.App == f.legs[0].App && e.Correlation == correlation {
			f.shown.Fact(e, m.Body)
		}
	}
}

// watchStatus shows the apps again at each change, until Ctrl-C.
func (e *Env) watchStatus(ctx context.Context, names []string) error {
	ctx, cancel := e.deadline(ctx, 0)
	defer cancel()
	s, err := e.open(ctx, nil)
	if err != nil {
		return err
	}
	defer s.close()
	last := ""
	for {
		apps, err := s.apps(names)
		if err != nil {
			return err
		}
		if now := statusWords(apps); now != last {
			last = now
			if err := s.showStatus(apps); err != nil {
				return err
			}
		}
		if err := s.drain(ctx, time.Second); err != nil {
			return s.unwatched(ctx, err)
		}
	}
}

func (s *session) unwatched(ctx context.Context, err error) error {
	if errors.Is(err, errTimeout) {
		return fault.New("SLW-D015", "the time is over; nothing was changed by looking")
	}
	return s.away(ctx, err)
}

// statusWords is what of a status makes it worth showing again.
func statusWords(apps []view.App) string {
	words := ""
	for _, a := range apps {
		words += fmt.Sprint(a.App, a.State, a.Current, a.Target, a.Replicas)
		for _, r := range a.Releases {
			words += fmt.Sprint(r.Release, r.State, r.Want)
			for _, i := range r.Instances {
				words += i.ID + i.State
			}
		}
	}
	return words
}

// drain folds what comes in for a while.
func (s *session) drain(ctx context.Context, while time.Duration) error {
	t := time.NewTimer(while)
	defer t.Stop()
	for {
		select {
		case i := <-s.feed.items:
			if !i.caughtUp {
				s.hear(i.message)
			}
		case err := <-s.feed.end:
			return err
		case <-t.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
