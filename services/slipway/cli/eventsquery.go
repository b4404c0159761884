package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/view"
)

// bounds reads --since, --until, --from and --to.
func (q *query) bounds(ctx context.Context) (err error) {
	head, err := q.head(ctx)
	if err != nil {
		return q.away(ctx, err)
	}
	q.era, q.upTo = head.Era, head
	if q.at != "" {
		return q.lookBack(ctx)
	}
	if q.since, err = q.when(ctx, q.eventsFlags.since); err != nil {
		return err
	}
	if q.until, err = q.when(ctx, q.eventsFlags.until); err != nil {
		return err
	}
	if !q.since.IsZero() && !q.until.IsZero() && !q.until.After(q.since) {
		return fault.New("SLW-U002", "--until %s is not after --since %s: nothing lies between them", q.eventsFlags.until, q.eventsFlags.since)
	}
	if q.from != "" {
		at, ok := q.position(q.from)
		if !ok {
			return fault.New("SLW-U002", "--from %q is no sequence, such as 18190", q.from)
		}
		q.after = events.Position{Era: at.Era, Seq: max(at.Seq, 1) - 1}
	}
	if q.to != "" {
		at, ok := q.position(q.to)
		if !ok {
			return fault.New("SLW-U002", "--to %q is no sequence, such as 18190", q.to)
		}
		q.upTo = at
	}
	if !q.since.IsZero() {
		at, err := q.bus.At(ctx, q.since)
		if errors.Is(err, bus.ErrNoEvent) {
			q.after = head
			return nil
		}
		if err != nil {
			return q.away(ctx, err)
		}
		if q.after.Seq < at.Seq-1 {
			q.after = events.Position{Era: at.Era, Seq: at.Seq - 1}
		}
	}
	return nil
}

// position reads a sequence with or without its #.
func (s *session) position(text string) (events.Position, bool) {
	return s.sequence("#" + strings.TrimPrefix(text, "#"))
}

// filter is what the server is asked for.
func (q *query) filter() string {
	switch {
	case q.subject != "":
		return q.subject
	case q.id != "" && q.about == "" && q.entity == "":
		return events.Filter("", "", "", "", "")
	}
	return events.Filter(q.about, "", "", q.entity, "")
}

// matches tells whether an event is asked for, beyond what the server filtered.
func (q *query) matches(e events.Event) bool {
	switch {
	case q.about != "" && e.App != q.about, q.entity != "" && e.Kind.Entity != q.entity:
		return false
	case q.id != "" && e.Subject != q.id && !strings.HasSuffix(e.Subject, "/"+q.id):
		return false
	case q.correlation != "" && e.Correlation != q.correlation:
		return false
	case q.release != 0 && !aboutRelease(e, int(q.release)):
		return false
	case !q.until.IsZero() && !e.Stored.Before(q.until), !q.since.IsZero() && e.Stored.Before(q.since):
		return false
	}
	return q.typeGlob == "" || globbed(q.typeGlob, e.Kind)
}

func aboutRelease(e events.Event, release int) bool {
	if e.Kind.Entity == "release" {
		return e.Subject == view.ReleaseName(e.App, release)
	}
	return view.ReleaseOfID(e.Subject[strings.LastIndexByte(e.Subject, '/')+1:]) == release
}

func globbed(glob string, k events.Kind) bool {
	for _, name := range []string{k.Name(), k.Type()} {
		if ok, err := path.Match(glob, name); ok && err == nil {
			return true
		}
	}
	return false
}

// list shows what the log holds.
func (q *query) list(ctx context.Context) error {
	if q.at != "" {
		return q.lastOfEach(ctx)
	}
	if q.withWishes {
		return q.merged(ctx)
	}
	if q.n.given {
		found, err := q.lastOnes(ctx)
		if err != nil {
			return err
		}
		return q.write(found)
	}
	if !q.table {
		return q.fetch(ctx, q.after, q.put)
	}
	var found []entry
	err := q.fetch(ctx, q.after, func(x entry) error { found = append(found, x); return nil })
	if err != nil {
		return err
	}
	return q.write(found)
}

func (q *query) fetch(ctx context.Context, after events.Position, fn func(entry) error) error {
	return q.fetchAll(ctx, after, func(x entry) error {
		if q.matches(x.event) {
			return fn(x)
		}
		return nil
	})
}

// fetchAll gives all that the server's filter lets through.
func (q *query) fetchAll(ctx context.Context, after events.Position, fn func(entry) error) error {
	return q.bus.Fetch(ctx, q.filter(), after, q.upTo, func(m service.Message) error {
		if e, ok := parsed(m); ok {
			return fn(entry{events.StreamEvents, e, m})
		}
		return nil
	})
}

// lastOnes are the last n, looked for in windows that double from the end.
func (q *query) lastOnes(ctx context.Context) (found []entry, err error) {
	for window := uint64(max(2*q.n.n, 500)); ; window *= 2 {
		after := q.after
		whole := q.upTo.Seq <= after.Seq+window
		if !whole {
			after = events.Position{Era: q.upTo.Era, Seq: q.upTo.Seq - window}
		}
		found = found[:0]
		if err := q.fetch(ctx, after, func(x entry) error { found = append(found, x); return nil }); err != nil {
			return nil, err
		}
		if whole || len(found) >= q.n.n {
			return lastOf(q.n, found), nil
		}
	}
}

// stream shows what comes, after what was asked for of what is there.
func (q *query) stream(ctx context.Context) error {
	at := q.after
	switch {
	case q.n.given:
		found, err := q.lastOnes(ctx)
		if err != nil {
			return err
		}
		if err := q.write(found); err != nil {
			return err
		}
		at = q.upTo
	case q.from == "" && q.since.IsZero():
		at = q.upTo
	}
	q.hint("following context " + q.label.Name + " from #" + fmt.Sprint(at.Seq+1))
	if q.withWishes {
		return q.both(ctx, at)
	}
	return q.facts(ctx, at, q.put)
}

// facts gives what the log holds behind a position and what comes.
func (q *query) facts(ctx context.Context, at events.Position, put func(entry) error) error {
	return q.bus.Read(ctx, at, []string{q.filter()}, service.Reader{Deliver: func(m service.Message) error {
		e, ok := parsed(m)
		switch {
		case q.to != "" && m.Pos.After(q.upTo):
			return io.EOF
		case !ok || !q.matches(e):
			return nil
		}
		return put(entry{events.StreamEvents, e, m})
	}})
}
