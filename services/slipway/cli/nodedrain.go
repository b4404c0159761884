package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/services/deployer/placer"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/progress"
)

// drain is one run of the verb.
type drain struct {
	*Env
	node     string
	terms    events.Drain
	deadline time.Duration
	written  bool // the deadline was given: what cannot go may be stopped then
	cancel   bool
}

func newDrainCommand(env *Env) *cobra.Command {
	d := &drain{Env: env}
	cmd := env.nodeVerb("drain NODE", "Move all that runs on a node elsewhere, and wait until it is empty",
		"  slipway nodes drain n1 -y\n  slipway nodes drain n1 -y --deadline 10m -m 'new kernel'\n  slipway nodes drain n1 --cancel", nil)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		d.node, d.written = args[0], cmd.Flags().Changed("deadline")
		return d.run(cmd.Context())
	}
	f := cmd.Flags()
	f.DurationVar(&d.deadline, "deadline", events.DrainDeadlineMs*time.Millisecond, "then what is left is stopped")
	f.BoolVar(&d.terms.Force, "force", false, "stop all of it at once")
	f.BoolVar(&d.terms.IgnorePerNode, "ignore-per-node", false, "leave what runs once on every node")
	f.BoolVar(&d.terms.KeepCordoned, "keep-cordoned", false, "the node gets nothing new even if the drain is cancelled")
	f.BoolVar(&d.terms.AllowGap, "allow-gap", false, "stop what cannot move, also the last instance of an app")
	f.BoolVar(&d.cancel, "cancel", false, "let a drain go no further; what has moved stays where it is")
	f.StringVarP(&d.terms.Message, "message", "m", "", "why")
	return cmd
}

func (d *drain) run(ctx context.Context) error {
	if d.deadline <= 0 {
		return fault.New("SLW-U002", "--deadline %s: must be more than nothing; at once is --force", d.deadline)
	}
	of := events.OfEvacuation{Node: d.node}
	if d.cancel {
		return d.askOfNode(ctx, d.node, "cancel the drain of", events.WishDrainCancelled{OfEvacuation: of, Message: d.terms.Message})
	}
	d.terms.DeadlineMs = d.deadline.Milliseconds()
	return d.onNode(ctx, d.node, 0, func(ctx context.Context, s *session) error {
		if err := d.agree(ctx, s); err != nil {
			return err
		}
		answer, err := s.askPlacer(ctx, d.node, "drain", events.WishDrainRequested{OfEvacuation: of, Drain: d.terms})
		if err != nil {
			return err
		}
		if _, begun := answer.Data.(events.EvacuationStarted); begun || d.drains(s) {
			if err := d.follow(ctx, s); err != nil {
				return err
			}
		}
		return s.showNode(d.node)
	})
}

func (d *drain) drains(s *session) bool {
	n, _ := s.node(d.node)
	return n.State == "draining"
}

// agree shows what a drain would do and asks; nothing has been wished yet. What cannot
// go anywhere, and nobody said may be stopped, makes an end here.
func (d *drain) agree(ctx context.Context, s *session) error {
	moves := s.log.Moves(d.node)
	if s.asks() && !s.Yes {
		d.text(s, s.Err, moves)
	}
	if !d.terms.Force && !d.terms.AllowGap && !d.written && !d.drains(s) {
		f := fault.New("SLW-D002", "%s cannot be drained", d.node).Serving("nothing has been changed")
		for _, m := range moves {
			if m.Lacks != "" {
				f.Because(m.Instance + ": " + m.Lacks)
			}
		}
		if len(f.Why) > 0 {
			return f.Try(s.again("--allow-gap"), s.again("--deadline 10m"), "slipway nodes")
		}
	}
	return s.agreed(ctx, fmt.Sprintf("Drain %s of %s", d.node, s.label.Name))
}

// text is the plan of a drain.
func (d *drain) text(s *session, w io.Writer, moves []placer.Move) {
	fmt.Fprintf(w, "Drain %s  context %s  log #%d     %s, stopped after %s at the latest\n",
		d.node, s.label.Name, s.log.Position().Seq, output.Count(len(moves), "instance"), d.deadline)
	for _, m := range moves {
		switch {
		case d.terms.Force:
			fmt.Fprintf(w, "  stop  %s\n", m.Instance)
		case m.PerNode && d.terms.IgnorePerNode:
			fmt.Fprintf(w, "  stay  %s: it runs on every node\n", m.Instance)
		case m.PerNode:
			fmt.Fprintf(w, "  stop  %s: it runs on every node, and leaves last\n", m.Instance)
		case m.Lacks != "" && d.terms.AllowGap:
			fmt.Fprintf(w, "  stop  %s, with a gap: %s\n", m.Instance, m.Lacks)
		case m.Lacks != "":
			fmt.Fprintf(w, "  none  %s: %s\n", m.Instance, m.Lacks)
		default:
			fmt.Fprintf(w, "  move  %s to %s\n", m.Instance, orDash(m.To))
		}
	}
}

// follow shows how a drain goes until it is over. It goes on if nobody watches.
func (d *drain) follow(ctx context.Context, s *session) error {
	kind := s.progressKind()
	if kind == progress.TTY { // the tree is an app's
		kind = progress.Plain
	}
	shown := progress.New(kind, progress.Options{To: s.Err, UTC: s.UTC, Verbose: s.Verbose, Now: s.Now, Width: func() int { return s.width(s.Err) }})
	defer shown.End()
	for d.drains(s) {
		i, err := s.feed.next(ctx)
		if err != nil {
			return d.left(s.away(ctx, err))
		}
		if i.caughtUp {
			continue
		}
		e, ok := s.hear(i.message)
		if !ok {
			continue
		}
		if e.Place == d.node || e.Kind.Name() == "instance.ready" {
			shown.Fact(e, i.message.Body)
		}
		switch e.Data.(type) {
		case events.EvacuationCancelled:
			if e.Place == d.node {
				return fault.New("SLW-D014", "the drain of %s was cancelled", d.node).Because(e.Reason).Rests(e.ID, e.Pos.Seq).Try("slipway nodes")
			}
		case events.EvacuationStarted:
			if e.Place == d.node && !d.drains(s) {
				return fault.New("SLW-D010", "%s was lost while it drained", d.node).Because(e.Reason).Rests(e.ID, e.Pos.Seq).Try("slipway nodes")
			}
		}
	}
	return nil
}

// left says that a drain goes on without anybody watching.
func (d *drain) left(err error) error {
	if f := fault.Of(err); f.Code == "SLW-D015" {
		return f.Because("the drain of "+d.node+" goes on").Try("slipway nodes", "slipway nodes drain "+d.node+" --cancel")
	}
	return err
}
