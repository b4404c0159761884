package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/view"
)

// steer is a verb that asks something of one app's release and follows it.
type steer struct {
	action string
	goal   view.Goal
	ask    func(app string) events.Payload
	check  func(s *session, app string) error // before anything is wished; nil: nothing
	// want are the outcomes after which the intention is true.
	want []string
	// sure asks for a yes before it is wished.
	sure bool
}

func (e *Env) steer(ctx context.Context, app string, v steer) error {
	ctx, cancel := e.deadline(ctx, 0)
	defer cancel()
	s, err := e.open(ctx, nil)
	if err != nil {
		return err
	}
	defer s.close()
	if _, err := s.app(app); err != nil {
		return err
	}
	if v.check != nil {
		if err := v.check(s, app); err != nil {
			return err
		}
	}
	if v.sure {
		if err := e.agreed(ctx, fmt.Sprintf("%s %s in %s", capital(v.action), app, s.label.Name)); err != nil {
			return err
		}
	}
	item, err := s.wishAndFollow(ctx, v.action, v.goal, v.ask(app))
	if item.App == "" {
		return err
	}
	for _, outcome := range v.want {
		if item.Outcome == outcome && err != nil && fault.Of(err).Code != "SLW-D015" {
			err = nil // what would be a failed deploy is what was asked for
		}
	}
	return s.conclude([]view.Deployment{item}, []error{err})
}

func capital(word string) string { return string(word[0]-'a'+'A') + word[1:] }

// appVerb makes the command of a verb about one app.
func (e *Env) appVerb(use, short, examples string, run func(ctx context.Context, app string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: examples, Args: cobra.ExactArgs(1),
		Annotations: annotated("wish", "0 1 3 4 5 6 124 130"), ValidArgsFunction: e.appNames,
		RunE: func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), args[0]) },
	}
}

// noWaitFlag lets a verb end with the answer to its wish.
func noWaitFlag(cmd *cobra.Command, noWait *bool) {
	cmd.Flags().BoolVar(noWait, "no-wait", false, "end when the wish is accepted")
}

// goalOf is up to where a verb follows what it has wished.
func goalOf(noWait bool) view.Goal {
	if noWait {
		return view.Answered
	}
	return view.Completed
}

func newPromoteCommand(env *Env) *cobra.Command {
	var full bool
	var message string
	var noWait bool
	cmd := env.appVerb("promote APP", "Let a release that waits for a person go on", "  slipway promote shop\n  slipway promote shop --full",
		func(ctx context.Context, app string) error {
			return env.steer(ctx, app, steer{action: "promote", goal: goalOf(noWait), ask: func(app string) events.Payload {
				return events.WishPromotionRequested{OfApp: events.OfApp{App: app}, Full: full, Message: message}
			}})
		})
	cmd.Flags().BoolVar(&full, "full", false, "skip all steps and waits, never capacity or readiness")
	noWaitFlag(cmd, &noWait)
	cmd.Flags().StringVarP(&message, "message", "m", "", "why")
	return cmd
}

func newPauseCommand(env *Env) *cobra.Command {
	var message string
	cmd := env.appVerb("pause APP", "Let a release stand still until it is resumed", "  slipway pause shop -m 'looking at a graph'\n  slipway pause shop -m lunch -o json",
		func(ctx context.Context, app string) error {
			if message == "" {
				return fault.New("SLW-U002", "pause needs a reason").Try(env.again("-m WHY"))
			}
			return env.steer(ctx, app, steer{action: "pause", goal: view.Answered, ask: func(app string) events.Payload {
				return events.WishHaltRequested{OfApp: events.OfApp{App: app}, Message: message}
			}})
		})
	cmd.Flags().StringVarP(&message, "message", "m", "", "why (needed)")
	return cmd
}

func newResumeCommand(env *Env) *cobra.Command {
	var message string
	cmd := env.appVerb("resume APP", "Let a paused release go on", "  slipway resume shop\n  slipway resume shop -m 'all well'",
		func(ctx context.Context, app string) error {
			return env.steer(ctx, app, steer{action: "resume", goal: view.Answered, ask: func(app string) events.Payload {
				return events.WishHaltLifted{OfApp: events.OfApp{App: app}, Message: message}
			}})
		})
	cmd.Flags().StringVarP(&message, "message", "m", "", "why")
	return cmd
}

func newAbortCommand(env *Env) *cobra.Command {
	var message string
	var noWait bool
	cmd := env.appVerb("abort APP", "Take the release that is on its way back", "  slipway abort shop\n  slipway abort shop -m 'wrong price table'",
		func(ctx context.Context, app string) error {
			return env.steer(ctx, app, steer{action: "abort", goal: goalOf(noWait), want: []string{"aborted", "failed"}, ask: func(app string) events.Payload {
				return events.WishAbortRequested{OfApp: events.OfApp{App: app}, Message: message}
			}})
		})
	noWaitFlag(cmd, &noWait)
	cmd.Flags().StringVarP(&message, "message", "m", "", "why")
	return cmd
}

func newRetryCommand(env *Env) *cobra.Command {
	var message string
	var noWait bool
	cmd := env.appVerb("retry APP", "Make a new release of the revision that failed last", "  slipway retry shop\n  slipway retry shop -m 'the disk is free again'",
		func(ctx context.Context, app string) error {
			return env.steer(ctx, app, steer{action: "retry", goal: goalOf(noWait), ask: func(app string) events.Payload {
				return events.WishRetryRequested{OfApp: events.OfApp{App: app}, Message: message}
			}})
		})
	noWaitFlag(cmd, &noWait)
	cmd.Flags().StringVarP(&message, "message", "m", "", "why")
	return cmd
}

func newRetireCommand(env *Env) *cobra.Command {
	var message string
	var noWait bool
	cmd := env.appVerb("retire APP", "End an app: its way in first, then its instances", "  slipway retire shop -y\n  slipway retire shop -y -m 'replaced by store'",
		func(ctx context.Context, app string) error {
			return env.steer(ctx, app, steer{action: "retire", goal: goalOf(noWait), sure: true, ask: func(app string) events.Payload {
				return events.WishAppRetired{OfApp: events.OfApp{App: app}, Message: message}
			}})
		})
	noWaitFlag(cmd, &noWait)
	cmd.Flags().StringVarP(&message, "message", "m", "", "why")
	return cmd
}
