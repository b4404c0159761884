package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

// eventsFlags say which events.
type eventsFlags struct {
	follow                      bool
	n                           int
	about, entity, id, typeGlob string
	release                     int
	correlation, subject        string
	withWishes, raw             bool
	since, until, from, to      string
}

func newEventsCommand(env *Env) *cobra.Command {
	var q eventsFlags
	cmd := &cobra.Command{
		Use: "events", Short: "Show the facts of the log", Args: cobra.NoArgs,
		Example:     "  slipway events -n 20\n  slipway events --app shop --entity release -o json",
		Annotations: annotated("read", "0 3 5 130"),
		RunE:        func(cmd *cobra.Command, _ []string) error { return env.events(cmd.Context(), q) },
	}
	f := cmd.Flags()
	f.BoolVarP(&q.follow, "follow", "f", false, "go on until Ctrl-C; without -n, --from or --since from now on")
	f.IntVarP(&q.n, "number", "n", 0, "at most so many, the last ones")
	f.StringVar(&q.about, "app", "", "about this app")
	f.StringVar(&q.entity, "entity", "", "of this entity")
	f.StringVar(&q.id, "id", "", "about this: shop/7, n1/shop-7-a1")
	f.StringVar(&q.typeGlob, "type", "", "of types that match, such as release.* or *.failed")
	f.IntVar(&q.release, "release", 0, "about this release")
	f.StringVar(&q.correlation, "correlation", "", "of this chain")
	f.StringVar(&q.subject, "subject", "", "under this subject filter")
	f.BoolVar(&q.withWishes, "wishes", false, "wishes too, by time")
	f.BoolVar(&q.raw, "raw", false, "with JSON: each event with its stream, sequence and subject")
	f.StringVar(&q.since, "since", "", "stored at this moment or later")
	f.StringVar(&q.until, "until", "", "stored before this moment")
	f.StringVar(&q.from, "from", "", "from this sequence on")
	f.StringVar(&q.to, "to", "", "up to this sequence")
	cmd.AddCommand(newEventsGetCommand(env), newEventsTypesCommand(env))
	return cmd
}

// entry is an event to be shown, with what it was stored as.
type entry struct {
	stream string
	event  events.Event
	m      service.Message
}

// query is a look at the log without a fold.
type query struct {
	*session
	eventsFlags
	since, until time.Time
	after, upTo  events.Position
	table        bool
	began        bool // the names of the columns stand there
}

func (e *Env) events(ctx context.Context, q eventsFlags) error {
	wait := readTimeout
	if q.follow {
		wait = 0
	}
	ctx, cancel := e.deadline(ctx, wait)
	defer cancel()
	s, err := e.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	x := &query{session: s, eventsFlags: q, table: e.Output != "json" && e.Output != "yaml" && e.Output != "name"}
	if err := x.bounds(ctx); err != nil {
		return err
	}
	e.told = !x.table
	if q.follow {
		err = x.stream(ctx)
	} else {
		err = x.list(ctx)
	}
	if q.follow && errors.Is(context.Cause(ctx), context.Canceled) {
		return detached
	}
	if err != nil {
		return s.away(ctx, err)
	}
	return nil
}

// connect opens a session whose log is not folded.
func (e *Env) connect(ctx context.Context) (*session, error) {
	b, label, err := e.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &session{Env: e, bus: b, label: label, log: view.NewLog(e.config())}, nil
}

// bounds reads --since, --until, --from and --to.
func (q *query) bounds(ctx context.Context) (err error) {
	head, err := q.bus.Head(ctx)
	if err != nil {
		return q.away(ctx, err)
	}
	q.era, q.upTo = head.Era, head
	if q.since, err = q.when(q.eventsFlags.since); err != nil {
		return err
	}
	if q.until, err = q.when(q.eventsFlags.until); err != nil {
		return err
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
	case q.release != 0 && !aboutRelease(e, q.release):
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
	if q.withWishes {
		return q.merged(ctx)
	}
	if q.n > 0 {
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
	return q.bus.Fetch(ctx, q.filter(), after, q.upTo, func(m service.Message) error {
		if e, ok := parsed(m); ok && q.matches(e) {
			return fn(entry{events.StreamEvents, e, m})
		}
		return nil
	})
}

// lastOnes are the last n, looked for in windows that double from the end.
func (q *query) lastOnes(ctx context.Context) (found []entry, err error) {
	for window := uint64(max(2*q.n, 500)); ; window *= 2 {
		after := q.after
		whole := q.upTo.Seq <= after.Seq+window
		if !whole {
			after = events.Position{Era: q.upTo.Era, Seq: q.upTo.Seq - window}
		}
		found = found[:0]
		if err := q.fetch(ctx, after, func(x entry) error { found = append(found, x); return nil }); err != nil {
			return nil, err
		}
		if whole || len(found) >= q.n {
			return found[max(0, len(found)-q.n):], nil
		}
	}
}

// stream shows what comes, after what was asked for of what is there.
func (q *query) stream(ctx context.Context) error {
	at := q.after
	switch {
	case q.n > 0:
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

// put writes one entry at once.
func (q *query) put(x entry) error {
	if q.table {
		return q.row(x)
	}
	if q.Output == "name" {
		_, err := fmt.Fprintln(q.Out, x.event.ID)
		return err
	}
	if !q.raw {
		_, err := q.Out.Write(append(x.m.Body[:len(x.m.Body):len(x.m.Body)], '\n'))
		return err
	}
	return writeLine(q.Out, rawEvent{
		Stream: x.stream, Era: x.m.Pos.Era, Seq: x.m.Pos.Seq, Subject: x.m.Subject,
		Stored: view.Time{Time: x.m.Stored}, Event: json.RawMessage(x.m.Body),
	})
}

// rawEvent is an event with where it stands.
type rawEvent struct {
	Stream  string          `json:"stream"`
	Era     uint32          `json:"era"`
	Seq     uint64          `json:"seq"`
	Subject string          `json:"subject"`
	Stored  view.Time       `json:"stored"`
	Event   json.RawMessage `json:"event"`
}

func (q *query) write(found []entry) error {
	if !q.table {
		for _, x := range found {
			if err := q.put(x); err != nil {
				return err
			}
		}
		return nil
	}
	t := output.NewTable(eventColumns...)
	for _, x := range found {
		t.Row(q.cells(x)...)
	}
	return t.Write(q.Out, q.width(q.Out))
}

// eventColumns are those of a table of events.
var eventColumns = []string{"SEQ", "TIME", "ENTITY", "ID", "HAPPENED", "ACTOR", "REASON"}

// cells are an event's in a table.
func (q *query) cells(x entry) []string {
	seq := fmt.Sprintf("#%d", x.m.Pos.Seq)
	if x.stream == events.StreamWishes {
		seq = "wish " + seq
	}
	return []string{
		seq, output.Clock(x.m.Stored, q.Now(), q.UTC), x.event.Kind.Entity, x.event.Subject,
		x.event.Kind.Happened, x.event.Actor, x.event.Reason,
	}
}

// row writes one event of a table that has no end, so its columns are as wide as most
// need; the names stand above the first.
func (q *query) row(x entry) error {
	const form = "%-8s  %-8s  %-10s  %-22s  %-14s  %-18s  %s\n"
	if !q.began {
		q.began = true
		if err := q.line(form, eventColumns); err != nil {
			return err
		}
	}
	return q.line(form, q.cells(x))
}

func (q *query) line(form string, cells []string) error {
	shown := make([]any, len(cells))
	for i, c := range cells {
		shown[i] = output.Printable(c)
	}
	_, err := fmt.Fprintf(q.Out, form, shown...)
	return err
}
