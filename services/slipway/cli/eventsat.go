package cli

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"slipway.dev/events"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/view"
)

// lookBack makes --at the end of what is looked at.
func (q *query) lookBack(ctx context.Context) error {
	if q.follow || q.withWishes || q.eventsFlags.since+q.eventsFlags.until+q.from+q.to != "" {
		return fault.New("SLW-U002", "--at is one moment: it goes with no --follow, --wishes, --since, --until, --from or --to")
	}
	m, err := q.moment(ctx, q.at)
	q.past, q.upTo = &m, m.at
	return err
}

// lastOfEach shows the last fact of every key at a moment, those that match: what a
// key's last fact is depends on the subjects looked at and on nothing else.
func (q *query) lastOfEach(ctx context.Context) error {
	if q.upTo.IsZero() {
		return q.write(nil)
	}
	last := map[string]entry{}
	err := q.fetchAll(ctx, events.Position{}, func(x entry) error {
		last[view.Key(x.event)] = x
		return nil
	})
	if err != nil {
		return err
	}
	found := slices.SortedFunc(maps.Values(last), func(a, b entry) int { return cmp.Compare(a.m.Pos.Seq, b.m.Pos.Seq) })
	found = slices.DeleteFunc(found, func(x entry) bool { return !q.matches(x.event) })
	return q.write(lastOf(q.n, found))
}
