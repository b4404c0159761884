package cli

import (
	"context"
	"fmt"

	"slipway.dev/events"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/view"
)

// uploadMax artifacts are sent at a time: more only share the same way out.
const uploadMax = 8

// trip is one app of a deploy: what is to be wished, then how that goes on.
type trip struct {
	prepared
	wish events.Payload // nil: nothing needs to be wished
	leg  *leg           // nil: nothing has been wished
	err  error          // why nothing was
}

// all deploys the apps of a file at once: what fails, or waits, keeps none of the
// others back. Whoever stops watching begins no more.
func (d *deploy) all(ctx context.Context, s *session, list []prepared, goal view.Goal) error {
	f := s.follower()
	var trips []*trip
	for _, p := range list {
		t, err := d.trip(ctx, f, p, callable(list), goal)
		if err != nil {
			return err
		}
		trips = append(trips, t)
	}
	watching, end := context.WithCancelCause(ctx)
	defer end(errOver)
	slots := make(chan struct{}, uploadMax)
	for _, together := range byArtifact(trips) {
		f.todo += len(together)
		go d.send(watching, f, together, goal, slots)
	}
	f.run(ctx)
	return d.conclude(ctx, s, trips)
}

// trip asks what is to be asked about an app; nothing has been changed yet. An error
// is of the command line, not of the app.
func (d *deploy) trip(ctx context.Context, f *follower, p prepared, beside []string, goal view.Goal) (*trip, error) {
	plan, t := f.plan(p.App, beside...), &trip{prepared: p}
	if d.plan != "" && d.plan != plan.ID {
		return nil, fault.New("SLW-D001", "%s moved since plan %s", p.Document.Name, d.plan).
			Because("it would be plan " + plan.ID + " now").Try("slipway plan " + d.file)
	}
	if plan.Noop && !d.force {
		t.leg = f.add(&view.Journey{App: plan.App, Release: plan.Release, Outcome: "unchanged"})
		t.leg.settled = true
		return t, nil
	}
	if j, ok := f.underWay(p, goal); ok && !d.force {
		d.hint(fmt.Sprintf("%s: release %d is on its way to this already", plan.App, j.Release))
		t.leg = f.add(j)
		return t, nil
	}
	if d.asks() && !d.Yes {
		f.planText(d.Err, plan)
	}
	t.wish = events.WishAppDeclared{OfApp: events.OfApp{App: plan.App}, Document: p.Document, Plan: d.plan, Force: d.force}
	return t, d.agreed(ctx, fmt.Sprintf("Deploy %s to %s", plan.App, f.label.Name))
}

// byArtifact are the trips that something is wished for, those of one artifact
// together: it is sent once.
func byArtifact(trips []*trip) (all [][]*trip) {
	of := map[string]int{}
	for _, t := range trips {
		if t.wish == nil {
			continue
		}
		if t.path == "" {
			all = append(all, []*trip{t})
			continue
		}
		digest := t.Document.Artifact.SHA256
		if i, known := of[digest]; known {
			all[i] = append(all[i], t)
			continue
		}
		of[digest], all = len(all), append(all, []*trip{t})
	}
	return all
}

// send brings an artifact to the bus and has its apps wished for between two facts, so
// that no answer comes before it is known to what.
func (d *deploy) send(ctx context.Context, f *follower, together []*trip, goal view.Goal, slots chan struct{}) {
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	err := f.upload(ctx, together[0].prepared)
	<-slots
	for _, t := range together {
		f.whenever(ctx, func() { t.begin(ctx, f, goal, err) })
	}
}

// begin wishes for an app whose artifact was sent, or not.
func (t *trip) begin(ctx context.Context, f *follower, goal view.Goal, sent error) {
	if t.err = sent; t.err != nil {
		return
	}
	w, at, err := f.wish(ctx, t.wish)
	if t.err = err; t.err == nil {
		t.leg = f.add(&view.Journey{App: w.App, Wish: at, ID: w.ID, Goal: goal})
	}
}

// conclude shows what became of each app. One that was not wished for has a fault and
// no item.
func (d *deploy) conclude(ctx context.Context, s *session, trips []*trip) error {
	var done []view.Deployment
	var faults, unsent []error
	for _, t := range trips {
		if t.leg == nil {
			unsent = append(unsent, t.err)
			continue
		}
		item, err := s.result(ctx, t.leg.Journey, "deploy", t.leg.ended)
		if t.wish != nil {
			item.Plan = d.plan
		}
		done, faults = append(done, item), append(faults, err)
	}
	if faults = append(faults, unsent...); len(done) == 0 {
		if err := worstOf(faults); err != nil {
			return err
		}
		return s.away(ctx, context.Cause(ctx)) // ended before anything was wished
	}
	return s.conclude(done, faults)
}
