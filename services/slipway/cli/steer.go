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
	action   string
	short    string
	examples string
	ask      func(of events.OfApp, message string) events.Payload
	check    func(s *session, app string) error // before anything is wished; nil: nothing
	answered bool                               // its answer is all there is to wait for
	reason   bool                               // it needs a message
	want     []string                           // outcomes after which the intention is true
	sure     bool                               // it asks for a yes before it is wished
}

// steering makes the command of a verb about one app.
func (e *Env) steering(v steer) *cobra.Command {
	var message string
	noWait := v.answered
	cmd := &cobra.Command{
		Use: v.action + " APP", Short: v.short, Example: v.examples, Args: cobra.ExactArgs(1),
		Annotations: annotated("wish", "0 1 3 4 5 6 124 130"), ValidArgsFunction: e.appNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if v.reason && message == "" {
				return fault.New("SLW-U002", "%s needs a reason", v.action).Try(e.again("-m WHY"))
			}
			return e.steer(cmd.Context(), args[0], goalOf(noWait), v, v.ask(events.OfApp{App: args[0]}, message))
		},
	}
	if !v.answered {
		cmd.Flags().BoolVar(&noWait, "no-wait", false, "end when the wish is accepted")
	}
	why := "why"
	if v.reason {
		why = "why (needed)"
	}
	cmd.Flags().StringVarP(&message, "message", "m", "", why)
	return cmd
}

// goalOf is up to where a verb follows what it has wished.
func goalOf(noWait bool) view.Goal {
	if noWait {
		return view.Answered
	}
	return view.Completed
}

func (e *Env) steer(ctx context.Context, app string, goal view.Goal, v steer, wish events.Payload) error {
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
	item, err := s.wishAndFollow(ctx, v.action, goal, wish)
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

func newPromoteCommand(env *Env) *cobra.Command {
	var full bool
	cmd := env.steering(steer{
		action: "promote", short: "Let a release that waits for a person go on",
		examples: "  slipway promote shop\n  slipway promote shop --full",
		ask: func(of events.OfApp, message string) events.Payload {
			return events.WishPromotionRequested{OfApp: of, Full: full, Message: message}
		},
	})
	cmd.Flags().BoolVar(&full, "full", false, "skip all steps and waits, never capacity or readiness")
	return cmd
}

func newPauseCommand(env *Env) *cobra.Command {
	return env.steering(steer{
		action: "pause", short: "Let a release stand still until it is resumed",
		examples: "  slipway pause shop -m 'looking at a graph'\n  slipway pause shop -m lunch -o json",
		reason:   true, answered: true,
		ask: func(of events.OfApp, message string) events.Payload {
			return events.WishHaltRequested{OfApp: of, Message: message}
		},
	})
}

func newResumeCommand(env *Env) *cobra.Command {
	return env.steering(steer{
		action: "resume", short: "Let a paused release go on",
		examples: "  slipway resume shop\n  slipway resume shop -m 'all well'",
		answered: true,
		ask: func(of events.OfApp, message string) events.Payload {
			return events.WishHaltLifted{OfApp: of, Message: message}
		},
	})
}

func newAbortCommand(env *Env) *cobra.Command {
	return env.steering(steer{
		action: "abort", short: "Take the release that is on its way back",
		examples: "  slipway abort shop\n  slipway abort shop -m 'wrong price table'",
		want:     []string{"aborted", "failed"},
		ask: func(of events.OfApp, message string) events.Payload {
			return events.WishAbortRequested{OfApp: of, Message: message}
		},
	})
}

func newRetryCommand(env *Env) *cobra.Command {
	return env.steering(steer{
		action: "retry", short: "Make a new release of the revision that failed last",
		examples: "  slipway retry shop\n  slipway retry shop -m 'the disk is free again'",
		ask: func(of events.OfApp, message string) events.Payload {
			return events.WishRetryRequested{OfApp: of, Message: message}
		},
	})
}

func newRetireCommand(env *Env) *cobra.Command {
	return env.steering(steer{
		action: "retire", short: "End an app: its way in first, then its instances",
		examples: "  slipway retire shop -y\n  slipway retire shop -y -m 'replaced by store'",
		sure:     true,
		ask: func(of events.OfApp, message string) events.Payload {
			return events.WishAppRetired{OfApp: of, Message: message}
		},
	})
}
