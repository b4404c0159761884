package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
)

// trafficWait is how long the owner of a wish about traffic may take.
const trafficWait = 20 * time.Second

// wholeFleet is the word for all holders.
const wholeFleet = "fleet"

// holdItem is an app's hold as a verb left it.
type holdItem struct {
	App        string `json:"app"`
	State      string `json:"state"`      // held, flowing
	Generation int    `json:"generation"` // of the route that says so
	Kind       string `json:"kind,omitempty"`
	MaxWaitMs  int64  `json:"maxWaitMs,omitempty"`
	MaxHeld    int    `json:"maxHeld,omitempty"`
	Message    string `json:"message,omitempty"`
}

// Name is what -o name prints.
func (i holdItem) Name() string { return i.App }

// brakeItem is a brake as a verb left it.
type brakeItem struct {
	Scope    string `json:"scope"` // fleet, or an app
	State    string `json:"state"` // engaged, released
	Override bool   `json:"override"`
	Reason   string `json:"reason"`
}

// Name is what -o name prints.
func (i brakeItem) Name() string { return i.Scope }

// A request waits at the gateway for as long as its client does: shorter than a second
// is no hold, and nobody's client waits for more than an hour.
const (
	holdMin = time.Second
	holdMax = time.Hour
)

func trafficHold(env *Env) *cobra.Command {
	var stop bool
	var most time.Duration
	var message string
	cmd := &cobra.Command{
		Use: "hold APP", Short: "Let an app's requests wait at the gateways, or turn them away", Args: cobra.ExactArgs(1),
		Example:     "  slipway traffic hold shop --for 1m -m 'moving the database'\n  slipway traffic hold shop --stop -m 'back at 15:00'",
		Annotations: annotated("wish", "0 1 2 3 4 5 124"), ValidArgsFunction: env.appNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			waits := cmd.Flags().Changed("for")
			d := events.WishHoldRequested{OfApp: events.OfApp{App: args[0]}, Kind: "pause", MaxWaitMs: most.Milliseconds(), Message: message}
			switch {
			case stop && waits:
				return fault.New("SLW-U002", "--stop turns requests away at once, --for lets them wait: one of them")
			case waits && (most < holdMin || most > holdMax):
				return fault.New("SLW-U002", "--for %s: a request waits for %s to %s", most, holdMin, holdMax)
			case stop:
				d.Kind = "stop"
			}
			return env.askHold(cmd.Context(), "hold", args[0], d)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&stop, "stop", false, "answer 503 with the message at once")
	f.DurationVar(&most, "for", 0, "how long a request waits at most, 1s to 1h, then 504 (default 30s)")
	f.StringVarP(&message, "message", "m", "", "why; with --stop clients are told")
	return cmd
}

func trafficRelease(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "release APP", Short: "Let held requests go on, in the order they came", Args: cobra.ExactArgs(1),
		Example:     "  slipway traffic release shop\n  slipway traffic release shop -o json",
		Annotations: annotated("wish", "0 1 3 4 5 124"), ValidArgsFunction: env.appNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return env.askHold(cmd.Context(), "release", args[0], events.WishHoldLifted{OfApp: events.OfApp{App: args[0]}})
		},
	}
}

func trafficEvict(env *Env) *cobra.Command {
	var lift bool
	var message string
	cmd := &cobra.Command{
		Use: "evict fleet|APP", Short: "Believe the silence of many at once: overrule the brake", Args: cobra.ExactArgs(1),
		Example:     "  slipway traffic evict fleet -m 'the rack has burnt down'\n  slipway traffic evict shop --lift -m 'they are back'",
		Annotations: annotated("wish", "0 1 2 3 4 5 124"), ValidArgsFunction: env.appNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if message == "" {
				return fault.New("SLW-U002", "evict needs a reason").Try(env.again("-m WHY"))
			}
			return env.askBrake(cmd.Context(), args[0], lift, message)
		},
	}
	cmd.Flags().BoolVar(&lift, "lift", false, "take it back: let the brake work again")
	cmd.Flags().StringVarP(&message, "message", "m", "", "why (needed)")
	return cmd
}

// asked wishes something about an app's traffic, "" being the fleet's, and waits for
// its owner's answer. Requests that flow are not wished to.
func (e *Env) asked(ctx context.Context, owner, app, entity, what string, wish events.Payload, show func(*session, events.Event) error) error {
	ctx, cancel := e.deadline(ctx, trafficWait)
	defer cancel()
	s, err := e.open(ctx, nil)
	if err != nil {
		return err
	}
	defer s.close()
	if app != "" {
		a, err := s.app(app)
		if err != nil {
			return err
		}
		if _, lifts := wish.(events.WishHoldLifted); lifts && !a.Route.Held {
			return show(s, events.Event{Data: events.RouteResumed{OfRoute: events.OfRoute{App: app, Generation: a.Route.Generation}}})
		}
	}
	before := s.log.Position()
	_, at, err := s.wish(ctx, wish)
	if err != nil {
		return err
	}
	answer, err := s.bus.Answer(ctx, at, before, events.Filter(orElse(app, "_"), owner, "", entity, ""))
	switch {
	case err != nil && ctx.Err() != nil:
		return fault.New("SLW-D015", "the %s has not answered", owner).
			Because("the wish to " + what + " is kept and will be answered").Try("slipway doctor")
	case err != nil:
		return s.away(ctx, err)
	case answer.Kind.Happened == "refused":
		return refusal(answer, what)
	}
	return show(s, answer)
}

// refusal is an owner's no, in its words.
func refusal(answer events.Event, what string) error {
	code := "SLW-D019"
	if d, ok := answer.Data.(events.BrakeRefused); ok {
		code = fault.CodeOf(d.Cause)
	}
	return fault.New(code, "to %s was refused", what).Because(answer.Reason).Rests(answer.ID, answer.Pos.Seq).Try("slipway traffic")
}

func (e *Env) askHold(ctx context.Context, verb, app string, wish events.Payload) error {
	return e.asked(ctx, "deployer", app, "route", verb+" requests of "+app, wish, func(s *session, answer events.Event) error {
		i := holdItem{App: app, State: "flowing"}
		switch d := answer.Data.(type) {
		case events.RoutePaused:
			i = holdItem{app, "held", d.Generation, d.Kind, d.MaxWaitMs, d.MaxHeld, d.Message}
		case events.RouteResumed:
			i.Generation = d.Generation
		}
		return s.show(s.document("HoldList", []holdItem{i}), func(w io.Writer) error {
			_, err := fmt.Fprintln(w, i.words(s.aimed))
			return err
		})
	})
}

// words are the one line of a hold.
func (i holdItem) words(form func(command string) string) string {
	switch {
	case i.State == "flowing":
		return "requests of " + i.App + " flow"
	case i.Kind == "stop":
		return "requests of " + i.App + " are turned away; next: " + form("slipway traffic release "+i.App)
	}
	wait := time.Duration(i.MaxWaitMs) * time.Millisecond
	return fmt.Sprintf("requests of %s wait, %s at most, %d at once; next: %s", i.App, wait, i.MaxHeld, form("slipway traffic release "+i.App))
}

func (e *Env) askBrake(ctx context.Context, scope string, lift bool, message string) error {
	app := scope
	if scope == wholeFleet {
		app = ""
	}
	var wish events.Payload = events.WishEvictionRequested{OfBrake: events.OfBrake{App: app}, Message: message}
	if lift {
		wish = events.WishEvictionLifted{OfBrake: events.OfBrake{App: app}, Message: message}
	}
	return e.asked(ctx, "registry", app, "brake", "overrule the brake of "+scope, wish, func(s *session, answer events.Event) error {
		i := brakeItem{Scope: scope, State: answer.Kind.Happened, Reason: answer.Reason}
		if d, ok := answer.Data.(events.BrakeReleased); ok {
			i.Override = d.Override
		}
		return s.show(s.document("BrakeList", []brakeItem{i}), func(w io.Writer) error {
			t := output.NewTable("SCOPE", "BRAKE", "OVERRULED", "REASON")
			t.Row(i.Scope, i.State, yes(i.Override), i.Reason)
			return t.Write(w, s.width(w))
		})
	})
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
