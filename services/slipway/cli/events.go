package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/view"
)

// eventsFlags say which events.
type eventsFlags struct {
	follow                      bool
	n                           count
	about, entity, id, typeGlob string
	release                     ordinal
	correlation, subject        string
	withWishes, raw             bool
	since, until, from, to, at  string
}

func newEventsCommand(env *Env) *cobra.Command {
	var q eventsFlags
	cmd := &cobra.Command{
		Use: "events", Short: "Show the facts of the log", Args: cobra.NoArgs,
		Example:     "  slipway events -n 20\n  slipway events --app shop --entity release -o json\n  slipway events --at 14:03 --type '*.ready'",
		Annotations: annotated("read", "0 2 3 5 130"),
		RunE:        func(cmd *cobra.Command, _ []string) error { return env.events(cmd.Context(), q) },
	}
	f := cmd.Flags()
	f.BoolVarP(&q.follow, "follow", "f", false, "go on until Ctrl-C; without -n, --from or --since from now on")
	f.VarP(&q.n, "number", "n", "at most so many, the last ones")
	f.StringVar(&q.about, "app", "", "about this app")
	f.StringVar(&q.entity, "entity", "", "of this entity")
	f.StringVar(&q.id, "id", "", "about this: shop/7, n1/shop-7-a1")
	f.StringVar(&q.typeGlob, "type", "", "of types that match, such as release.* or *.failed")
	f.Var(&q.release, "release", "about this release")
	f.StringVar(&q.correlation, "correlation", "", "of this chain")
	f.StringVar(&q.subject, "subject", "", "under this subject filter")
	f.BoolVar(&q.withWishes, "wishes", false, "wishes too, by time")
	f.BoolVar(&q.raw, "raw", false, "with JSON: each event with its stream, sequence and subject")
	f.StringVar(&q.since, "since", "", "stored at this moment or later")
	f.StringVar(&q.until, "until", "", "stored before this moment")
	f.StringVar(&q.from, "from", "", "from this sequence on")
	f.StringVar(&q.to, "to", "", "up to this sequence")
	f.StringVar(&q.at, "at", "", "the last fact of every key then: RFC 3339, 15:04, an age such as 10m, or #18190")
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
	if err := q.sound(); err != nil {
		return err
	}
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
	if err := x.knownApp(ctx); err != nil {
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
