package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/gateway"
	"slipway.dev/services/metrics"
	"slipway.dev/services/node"
	"slipway.dev/services/provisioner"
	"slipway.dev/services/registry"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
)

// merged shows facts and wishes, by the time they were stored.
func (q *query) merged(ctx context.Context) error {
	var found []entry
	take := func(x entry) error { found = append(found, x); return nil }
	if err := q.fetch(ctx, q.after, take); err != nil {
		return err
	}
	if err := q.fetchWishes(ctx, take); err != nil {
		return err
	}
	slices.SortStableFunc(found, func(a, b entry) int { return a.m.Stored.Compare(b.m.Stored) })
	return q.write(lastOf(q.n, found))
}

func (q *query) fetchWishes(ctx context.Context, take func(entry) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := follow(ctx, q.bus.Wishes, events.Position{}, nil)
	for {
		i, err := f.next(ctx)
		switch {
		case err != nil:
			return err
		case i.caughtUp:
			return nil
		}
		if e, ok := parsed(i.message); ok && q.matches(e) {
			if err := take(entry{events.StreamWishes, e, i.message}); err != nil {
				return err
			}
		}
	}
}

// both follows facts and wishes at once; wishes from now on.
func (q *query) both(ctx context.Context, at events.Position) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	found, began, ends := make(chan entry), q.Now(), make(chan error, 2)
	give := func(x entry) error {
		select {
		case found <- x:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	go func() { ends <- q.facts(ctx, at, give) }()
	go func() {
		ends <- q.bus.Wishes(ctx, events.Position{}, nil, service.Reader{Deliver: func(m service.Message) error {
			if e, ok := parsed(m); ok && q.matches(e) && m.Stored.After(began) {
				return give(entry{events.StreamWishes, e, m})
			}
			return nil
		}})
	}()
	for {
		select {
		case x := <-found:
			if err := q.put(x); err != nil {
				return err
			}
		case err := <-ends:
			return err
		}
	}
}

func newEventsGetCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "get SEQ|EVENTID", Short: "Print one event as it is stored", Args: cobra.ExactArgs(1),
		Example:     "  slipway events get 1\n  slipway events get '#1'",
		Annotations: annotated("read", "0 3 5"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := env.deadline(cmd.Context(), readTimeout)
			defer cancel()
			s, err := env.connect(ctx)
			if err != nil {
				return err
			}
			defer s.close()
			q := &query{session: s}
			if err := q.bounds(ctx); err != nil {
				return err
			}
			env.told = true
			return q.get(ctx, args[0])
		},
	}
}

// get writes one event, found by its sequence or its id.
func (q *query) get(ctx context.Context, what string) error {
	if at, ok := q.position(what); ok && len(what) < idLength {
		m, err := q.bus.GetEvent(ctx, at)
		if errors.Is(err, bus.ErrNoEvent) {
			return q.noEvent(what)
		}
		if err != nil {
			return q.away(ctx, err)
		}
		e, _ := parsed(m)
		return q.put(entry{events.StreamEvents, e, m})
	}
	var hit *entry
	err := q.fetch(ctx, events.Position{}, func(x entry) error {
		if x.event.ID == what {
			hit = &x
			return io.EOF
		}
		return nil
	})
	switch {
	case hit != nil:
		return q.put(*hit)
	case err != nil:
		return q.away(ctx, err)
	}
	return q.noEvent(what)
}

// idLength is that of a fact's id: anything shorter that is a number is a sequence.
const idLength = 32

func (q *query) noEvent(what string) error {
	q.told = false
	return fault.New("SLW-E001", "there is no event %s", what).Try("slipway events -n 20")
}

// typeItem is one item of TypeList.
type typeItem struct {
	Type     string   `json:"type"`
	Entity   string   `json:"entity"`
	Owner    string   `json:"owner"`
	Happened string   `json:"happened"`
	Schema   string   `json:"schema"`
	Since    int      `json:"since"`
	Hears    []string `json:"hears"`
}

// Name is the type.
func (t typeItem) Name() string { return t.Type }

func newEventsTypesCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "types", Short: "List what may be said, and who hears it", Args: cobra.NoArgs,
		Example:     "  slipway events types\n  slipway events types -o json",
		Annotations: annotated("local", "0"),
		RunE: func(*cobra.Command, []string) error {
			list := types()
			return env.show(output.Document{Kind: "TypeList", Items: list}, func(w io.Writer) error {
				t := output.NewTable("ENTITY", "HAPPENED", "OWNER", "LEVEL", "HEARD BY")
				for _, x := range list {
					t.Row(x.Entity, x.Happened, x.Owner, strconv.Itoa(x.Since), strings.Join(x.Hears, ","))
				}
				return t.Write(w, env.width(w))
			})
		},
	}
}

// participants are the services as they declare themselves.
func participants() []service.Service {
	return []service.Service{
		deployer.Service(deployer.Config{}), gateway.Service(gateway.Config{}, nil), metrics.Service(nil),
		node.Service(node.Config{}, nil), provisioner.Service(provisioner.Config{}, nil), registry.Service(registry.Config{}),
	}
}

func types() (list []typeItem) {
	for _, r := range events.Catalog {
		x := typeItem{
			Type: r.Kind.Type(), Entity: r.Kind.Entity, Owner: r.Kind.Owner, Happened: r.Kind.Happened,
			Schema: "events/schema/" + r.Kind.Type() + ".json", Since: r.Since, Hears: []string{},
		}
		for _, svc := range participants() {
			if slices.Contains(svc.Hears, r.Kind) {
				x.Hears = append(x.Hears, svc.Name)
			}
		}
		list = append(list, x)
	}
	return list
}
