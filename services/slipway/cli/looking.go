package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/plane"
	"slipway.dev/services/slipway/view"
)

// looking opens a session for a verb that asks how things are at what --at names
// ("": now), and closes it behind it. Of what has ended before it may know nothing.
func (e *Env) looking(ctx context.Context, at string, look func(context.Context, *session) error) error {
	return e.reading(ctx, at, (*session).present, look)
}

// remembering is looking for a verb that asks for everything that ever was.
func (e *Env) remembering(ctx context.Context, at string, look func(context.Context, *session) error) error {
	return e.reading(ctx, at, (*session).whole, look)
}

// asking is looking for a verb that asks for all that ever was of some apps. Should
// that not answer it, the verb is given the whole log.
func (e *Env) asking(ctx context.Context, at string, apps func(context.Context, *session) []string, look func(context.Context, *session) error) error {
	fold := func(s *session, ctx context.Context, end events.Position) error {
		names := apps(ctx, s)
		if len(names) == 0 {
			return s.whole(ctx, end)
		}
		return s.partly(ctx, names, end)
	}
	return e.reading(ctx, at, fold, func(ctx context.Context, s *session) error {
		err := look(ctx, s)
		if !s.part || !errors.Is(err, errElsewhere) {
			return err
		}
		end := s.log.Position()
		s.log, s.part = view.NewLog(s.config()), false
		if err := s.whole(ctx, end); err != nil {
			return s.away(ctx, err)
		}
		return look(ctx, s)
	})
}

// errElsewhere says that the answer is not in the part of the log that was folded.
var errElsewhere = errors.New("not in this part of the log")

// reading folds the log as a verb needs it, up to what --at names, then looks.
func (e *Env) reading(ctx context.Context, at string, fold func(*session, context.Context, events.Position) error, look func(context.Context, *session) error) error {
	ctx, cancel := e.deadline(ctx, readTimeout)
	defer cancel()
	s, err := e.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	end, err := s.end(ctx, at)
	if err == nil {
		s.era = end.Era
		err = fold(s, ctx, end)
	}
	if err != nil {
		return s.away(ctx, err)
	}
	return look(ctx, s)
}

// end is where the log that is looked at ends: at its head, or at what --at names.
func (s *session) end(ctx context.Context, at string) (events.Position, error) {
	if at == "" {
		return s.head(ctx)
	}
	m, err := s.moment(ctx, at)
	s.past = &m
	return m.at, err
}

// whole folds everything up to a position.
func (s *session) whole(ctx context.Context, end events.Position) error {
	return s.between(ctx, events.Position{}, end, nil, func(m service.Message) { s.hear(m) })
}

// present folds how things are at a position: from the deployer's snapshot where one
// fits, else from the first event.
func (s *session) present(ctx context.Context, end events.Position) error {
	snapshot, stream, err := plane.Kept(ctx, s.bus, view.Snapshot)
	if err == nil && s.log.Begin(snapshot, stream, end) { // a cache: none costs time
		fleet := []string{view.FleetFilter}
		if err := s.between(ctx, events.Position{}, s.log.Position(), fleet, s.log.Fleet); err != nil {
			return err
		}
	}
	return s.between(ctx, s.log.Position(), end, nil, func(m service.Message) { s.hear(m) })
}

// partly folds all about some apps up to a position. It reads app by app: for one filter
// the server knows where to look, for several it looks at everything.
func (s *session) partly(ctx context.Context, apps []string, end events.Position) error {
	s.log, s.part = view.NewLog(s.config()), true
	var all []service.Message
	for _, app := range slices.Compact(slices.Sorted(slices.Values(append(apps, "")))) {
		filter := view.FleetFilter
		if app != "" {
			filter = events.Filter(app, "", "", "", "")
		}
		if err := s.between(ctx, events.Position{}, end, []string{filter}, func(m service.Message) { all = append(all, m) }); err != nil {
			return err
		}
	}
	slices.SortFunc(all, func(a, b service.Message) int { return cmp.Compare(a.Pos.Seq, b.Pos.Seq) })
	for _, m := range all {
		s.hear(m)
	}
	s.log.Skip(end)
	return nil
}
