package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/nearest"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/view"
)

// placerWait is how long the placer may take to answer.
const placerWait = 20 * time.Second

// nodeVerb makes the command of a verb about one node.
func (e *Env) nodeVerb(use, short, examples string, run func(ctx context.Context, node string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: examples, Args: cobra.ExactArgs(1),
		Annotations: annotated("wish", "0 1 2 3 4 5 6 124 130"), ValidArgsFunction: e.nodeNames,
		RunE: func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), args[0]) },
	}
}

func newCordonCommand(env *Env) *cobra.Command {
	var message string
	cmd := env.nodeVerb("cordon NODE", "Let a node get nothing new; what runs there stays",
		"  slipway nodes cordon n1\n  slipway nodes cordon n1 -m 'its disk is slow'",
		func(ctx context.Context, node string) error {
			return env.askOfNode(ctx, node, "cordon", events.WishCordonRequested{OfEvacuation: events.OfEvacuation{Node: node}, Message: message})
		})
	cmd.Flags().StringVarP(&message, "message", "m", "", "why")
	return cmd
}

func newUncordonCommand(env *Env) *cobra.Command {
	var message string
	cmd := env.nodeVerb("uncordon NODE", "Let a node get something again",
		"  slipway nodes uncordon n1\n  slipway nodes uncordon n1 -m 'new disk'",
		func(ctx context.Context, node string) error {
			return env.askOfNode(ctx, node, "uncordon", events.WishCordonLifted{OfEvacuation: events.OfEvacuation{Node: node}, Message: message})
		})
	cmd.Flags().StringVarP(&message, "message", "m", "", "why")
	return cmd
}

func newRemoveNodeCommand(env *Env) *cobra.Command {
	var message string
	cmd := env.nodeVerb("remove NODE", "Give a lost node up, with the volumes that live on it",
		"  slipway nodes remove n2 -y\n  slipway nodes remove n2 -y -m 'it burnt'",
		func(ctx context.Context, node string) error {
			return env.onNode(ctx, node, placerWait, func(ctx context.Context, s *session) error {
				if err := s.agreed(ctx, fmt.Sprintf("Remove %s from %s", node, s.label.Name)); err != nil {
					return err
				}
				return s.settleNode(ctx, node, "remove", events.WishRemovalRequested{OfEvacuation: events.OfEvacuation{Node: node}, Message: message})
			})
		})
	cmd.Flags().StringVarP(&message, "message", "m", "", "why")
	return cmd
}

func (e *Env) askOfNode(ctx context.Context, node, action string, wish events.Payload) error {
	return e.onNode(ctx, node, placerWait, func(ctx context.Context, s *session) error {
		return s.settleNode(ctx, node, action, wish)
	})
}

// onNode opens a session for a verb about a node that there is.
func (e *Env) onNode(ctx context.Context, node string, most time.Duration, do func(context.Context, *session) error) error {
	ctx, cancel := e.deadline(ctx, most)
	defer cancel()
	s, err := e.open(ctx, nil)
	if err != nil {
		return err
	}
	defer s.close()
	if _, ok := s.node(node); !ok {
		return s.noNode(node)
	}
	return do(ctx, s)
}

// settleNode wishes something of a node, waits for the answer and shows the node.
func (s *session) settleNode(ctx context.Context, node, action string, wish events.Payload) error {
	if _, err := s.askPlacer(ctx, node, action, wish); err != nil {
		return err
	}
	return s.showNode(node)
}

// askPlacer wishes something of a node, waits for the placer's answer and folds the
// log up to it. What is so already is no fault.
func (s *session) askPlacer(ctx context.Context, node, action string, wish events.Payload) (answer events.Event, err error) {
	before := s.log.Position()
	_, at, err := s.wish(ctx, wish)
	if err != nil {
		return answer, err
	}
	answer, err = s.bus.Answer(ctx, at, before, events.Filter("", "placer", node, "evacuation", ""))
	switch {
	case err != nil && ctx.Err() != nil:
		return answer, fault.New("SLW-D015", "the placer has not answered").
			Because("the wish to " + action + " " + node + " is kept and will be answered").Try("slipway doctor")
	case err != nil:
		return answer, s.away(ctx, err)
	}
	if err := answer.Decode(); err != nil {
		return answer, err
	}
	if no, refused := answer.Data.(events.EvacuationRefused); refused {
		if no.Cause != "already" {
			return answer, fault.New(fault.CodeOf(no.Cause), "the placer refused to %s %s", action, node).
				Because(answer.Reason).Rests(answer.ID, answer.Pos.Seq).Try("slipway nodes")
		}
		s.hint(answer.Reason)
	}
	for answer.Pos.After(s.log.Position()) {
		i, err := s.feed.next(ctx)
		if err != nil {
			return answer, s.away(ctx, err)
		}
		if !i.caughtUp {
			s.hear(i.message)
		}
	}
	return answer, nil
}

// node is one by its name.
func (s *session) node(name string) (view.Node, bool) {
	list := s.log.Nodes(nil, events.LeaseTTL)
	i := slices.IndexFunc(list, func(n view.Node) bool { return n.ID == name })
	if i < 0 {
		return view.Node{}, false
	}
	return list[i], true
}

// noNode says that there is no such node, and which was probably meant.
func (s *session) noNode(name string) error {
	var names []string
	for _, n := range s.log.Nodes(nil, events.LeaseTTL) {
		names = append(names, n.ID)
	}
	f := fault.New("SLW-E001", "no node %s in context %s", name, s.label.Short())
	if near := nearest.Of(name, names); near != "" {
		f.Because(fmt.Sprintf("did you mean %q?", near))
	}
	return f.Try("slipway nodes")
}

// showNode shows one node as nodes does.
func (s *session) showNode(name string) error {
	n, _ := s.node(name)
	list := []view.Node{n}
	return s.show(s.document("NodeList", list), func(w io.Writer) error { return s.nodesTable(w, list) })
}
