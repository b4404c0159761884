package cli

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
	"slipway.dev/services/slipway/when"
)

func newWhyCommand(env *Env) *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use: "why APP|RELEASE|INSTANCE|EVENTID", Short: "Walk from what is to the wish or the fault that began it",
		Example:     "  slipway why shop\n  slipway why shop/7",
		Annotations: annotated("read", "0 3 5"), Args: cobra.ExactArgs(1), ValidArgsFunction: env.appNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			apps := func(ctx context.Context, s *session) []string { return s.concerned(ctx, args[0]) }
			return env.asking(cmd.Context(), at, apps, func(ctx context.Context, s *session) error {
				from, err := s.meant(args[0])
				if err != nil {
					return s.elsewhere(err)
				}
				wishes, err := s.wishes(ctx, from.App)
				if err != nil {
					return s.away(ctx, err)
				}
				chain := s.log.Chain(from, wishes)
				if first := chain[len(chain)-1].Fact(); s.part && first.Cause != "" {
					return errElsewhere // another app's fact began it
				}
				return s.show(s.document("Chain", chain), func(w io.Writer) error { return s.chainTable(w, chain) })
			})
		},
	}
	atFlag(cmd, &at)
	return cmd
}

// concerned are the apps whose facts can tell what a person means; none is all.
func (s *session) concerned(ctx context.Context, what string) []string {
	if at, ok := s.sequence(what); ok {
		m, err := s.bus.GetEvent(ctx, at)
		if err != nil {
			return nil
		}
		_, app, _, _ := events.ParseSubject(m.Subject)
		return []string{app}
	}
	if eventID.MatchString(what) {
		return nil
	}
	app, _, _ := strings.Cut(what, "/")
	last := what[strings.LastIndexByte(what, '/')+1:]
	return []string{app, view.AppOfID(last)}
}

// eventID is what the id of a fact looks like.
var eventID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// only says that a verb asks for one app.
func only(app string) func(context.Context, *session) []string {
	return func(context.Context, *session) []string { return []string{app} }
}

// elsewhere is a fault of a verb that knew only a part of the log: it may be none.
func (s *session) elsewhere(err error) error {
	if s.part {
		return errElsewhere
	}
	return err
}

// meant is the fact a person means: an event by id or sequence, or the last one of an
// app, a release, an instance, a node.
func (s *session) meant(what string) (view.Fact, error) {
	if at, ok := s.sequence(what); ok {
		if f, ok := s.log.FactAt(at); ok {
			return f, nil
		}
		return view.Fact{}, fault.New("SLW-E001", "there is no event %s", what).Try("slipway events -n 20")
	}
	if f, ok := s.log.Fact(what); ok {
		return f, nil
	}
	if f, ok := s.log.Shut(what, s.then()); ok {
		return f, nil
	}
	last := what[strings.LastIndexByte(what, '/')+1:]
	for _, kind := range []struct{ is, name string }{{"app", what}, {"release", what}, {"instance", last}, {"node", what}} {
		if f, ok := s.log.Last(kind.is, kind.name); ok {
			return f, nil
		}
	}
	return view.Fact{}, s.noSuch(what)
}

// noSuch says of a name that may be one of several things what it is not.
func (s *session) noSuch(what string) error {
	app, rest, whole := strings.Cut(what, "/")
	if !whole {
		app, rest = view.AppOfID(what), what
	}
	if a, _ := s.log.App(app); a == nil || app == what {
		return s.noApp(what)
	}
	if _, err := strconv.Atoi(rest); err == nil {
		return fault.New("SLW-E001", "there is no release %s", what).Try("slipway history " + app)
	}
	return fault.New("SLW-E001", "there is no instance %s", what).Try("slipway ps " + app + " --all")
}

// sequence reads #18190 and #2.18190.
func (s *session) sequence(what string) (events.Position, bool) {
	at, err := when.Sequence(what)
	if at.Era == 0 {
		at.Era = s.era
	}
	return at, err == nil
}

// wishes are the wishes still kept about an app, by id.
func (s *session) wishes(ctx context.Context, app string) (map[string]view.Fact, error) {
	found := map[string]view.Fact{}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := follow(ctx, s.bus.Wishes, events.Position{}, nil)
	for {
		i, err := f.next(ctx)
		switch {
		case err != nil:
			return nil, err
		case i.caughtUp:
			return found, nil
		}
		if e, ok := parsed(i.message); ok && (app == "" || e.App == app) {
			found[e.ID] = view.WishFact(e)
		}
	}
}

// parsed is a message as an event; ok is false for one that cannot be read.
func parsed(m service.Message) (events.Event, bool) {
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	if err != nil {
		return e, false
	}
	e.Pos, e.Stored = m.Pos, m.Stored
	_ = e.Decode() // what its data say is not needed to show it
	return e, true
}

func (s *session) chainTable(w io.Writer, chain []view.Link) error {
	t := output.NewTable("WHAT", "TIME", "WHY", "WHO", "WHERE")
	for i, k := range chain {
		f := k.Fact()
		what := f.Kind.Entity + " " + f.Subject + " " + f.Kind.Happened
		where := fmt.Sprintf("#%d", f.Pos.Seq)
		if f.Kind.IsWish() {
			what, where = "wish "+what, "wish "+where
		}
		if i > 0 {
			what = "  because " + what
		}
		t.Row(what, output.Clock(f.Time, s.Now(), s.UTC), f.Reason, strings.TrimPrefix(f.Actor, "service:"), where)
	}
	return t.Write(w, s.width(w))
}
