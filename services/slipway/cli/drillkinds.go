package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/nearest"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/recovery"
	"slipway.dev/services/slipway/view"
)

func drillInstance(env *Env) *cobra.Command {
	cmd := env.drillVerb("kill-instance APP", "Kill the processes of one instance, as a crash does",
		"  slipway drill kill-instance shop -y\n  slipway drill kill-instance shop -y -o json",
		func(_ context.Context, d *drilling, app string) (*drill, error) {
			i, ready, err := d.victim(app)
			if err != nil {
				return nil, err
			}
			start := d.starts.Again(i.App, i.Release)
			return &drill{
				kind: events.DrillKillInstance, target: app, apps: []string{app},
				says: []string{
					fmt.Sprintf("kill-instance: kill -9 of %s on %s, one of %d that are ready", i.ID, i.Node, ready),
					fmt.Sprintf("promised: found within %s, ready again within %s beside its start (%s) and its back-off",
						recovery.FoundWithin, recovery.StartedWithin, start.Round(time.Millisecond)),
				},
				begin: func(ctx context.Context) (time.Time, error) {
					return d.ask(ctx, "node-"+i.Node, i.Node, events.Drill{Kind: events.DrillKillInstance, App: app, Instance: lastWord(i.ID)})
				},
				watch: func(injected time.Time) *recovery.Watch {
					return recovery.KillInstance(injected, lastWord(i.ID), start)
				},
			}, nil
		})
	cmd.ValidArgsFunction = env.appNames
	return cmd
}

// lastWord is an instance's own name: of n1/shop-1-a1, shop-1-a1.
func lastWord(id string) string {
	for n := len(id) - 1; n >= 0; n-- {
		if id[n] == '/' {
			return id[n+1:]
		}
	}
	return id
}

// victim is an instance of an app that is ready, and how many are.
func (d *drilling) victim(app string) (chosen view.Instance, ready int, err error) {
	if _, err := d.app(app); err != nil {
		return chosen, 0, err
	}
	for _, i := range d.log.Instances(app, false) {
		if i.State != "ready" {
			continue
		}
		if ready++; ready == 1 {
			chosen = i
		}
	}
	if ready == 0 {
		return chosen, 0, fault.New("SLW-E001", "no instance of %s is ready", app).Try("slipway ps " + app)
	}
	return chosen, ready, nil
}

func drillSlow(env *Env) *cobra.Command {
	var lasts, delay time.Duration
	cmd := env.drillVerb("slow-instance APP", "Let one instance stand still again and again for a while",
		"  slipway drill slow-instance shop -y\n  slipway drill slow-instance shop -y --for 5s --delay 500ms",
		func(_ context.Context, d *drilling, app string) (*drill, error) {
			i, ready, err := d.victim(app)
			if err != nil {
				return nil, err
			}
			if lasts < time.Second || delay < 0 || delay > lasts {
				return nil, fault.New("SLW-U002", "--for %s --delay %s: at least a second, and no longer a delay", lasts, delay)
			}
			check := d.log.Current(app, i.Release).Spec.Health.Ready
			interval, timeout := time.Duration(check.IntervalMs)*time.Millisecond, time.Duration(check.TimeoutMs)*time.Millisecond
			silent := time.Duration(max(1, check.Fall))*(interval+timeout) + recovery.Slack
			still := delay
			if still == 0 {
				still = min(silent, lasts)
			}
			back := time.Duration(max(1, check.Rise))*interval + timeout + recovery.Slack
			return &drill{
				kind: events.DrillSlowInstance, target: app, apps: []string{app}, lasts: lasts,
				says: []string{
					fmt.Sprintf("slow-instance: %s on %s, one of %d that are ready, stands still for %s at a time, %s in all", i.ID, i.Node, ready, still, lasts),
					fmt.Sprintf("its ready check tells within %s if that is too slow for it; once it is fast again it serves within %s", silent, back),
				},
				begin: func(ctx context.Context) (time.Time, error) {
					return d.ask(ctx, "node-"+i.Node, i.Node, events.Drill{
						Kind: events.DrillSlowInstance, App: app, Instance: lastWord(i.ID), ForMs: lasts.Milliseconds(), DelayMs: still.Milliseconds(),
					})
				},
				watch: func(injected time.Time) *recovery.Watch {
					return recovery.SlowInstance(injected, lastWord(i.ID), "node-"+i.Node, silent, back)
				},
			}, nil
		})
	cmd.ValidArgsFunction = env.appNames
	cmd.Flags().DurationVar(&lasts, "for", 10*time.Second, "how long; then it is fast again by itself")
	cmd.Flags().DurationVar(&delay, "delay", 0, "how long it stands still at a time (default: until its ready check tells)")
	return cmd
}

func drillNode(env *Env) *cobra.Command {
	cmd := env.drillVerb("kill-node NODE", "Kill a node's agent and all that it runs, as a power cut does",
		"  slipway drill kill-node n2 -y\n  slipway drill kill-node n2 -y -o json",
		func(ctx context.Context, d *drilling, name string) (*drill, error) {
			n, ok := d.node(name)
			if !ok {
				return nil, d.noNode(name)
			}
			if n.State != "ready" {
				return nil, fault.New("SLW-D018", "%s is %s", name, n.State).Because(n.Reason).Try("slipway nodes")
			}
			var stuck []string
			for _, m := range d.log.Moves(name) {
				if m.Lacks != "" && !m.PerNode {
					stuck = append(stuck, m.Instance+": "+m.Lacks)
				}
			}
			if len(stuck) > 0 {
				return nil, fault.New("SLW-D002", "what runs on %s could run nowhere else", name).Because(stuck...).
					Serving("nothing has been done").Try("slipway nodes")
			}
			ready, start := d.lost(name)
			ttl := d.leaseTTL(ctx)
			return &drill{
				kind: events.DrillKillNode, target: name,
				says: []string{
					fmt.Sprintf("kill-node: kill -9 of the agent of %s and of %s; the agent must be started again by whoever started it", name, output.Count(n.Instances, "instance")),
					fmt.Sprintf("promised: out of the tables within %s, served elsewhere within %s beside their start (%s)", ttl+recovery.Slack, ttl+events.LostAfter, start.Round(time.Millisecond)),
				},
				begin: func(ctx context.Context) (time.Time, error) {
					return d.ask(ctx, "node-"+name, name, events.Drill{Kind: events.DrillKillNode})
				},
				watch: func(injected time.Time) *recovery.Watch {
					return recovery.KillNode(injected, name, ttl, start, ready)
				},
			}, nil
		})
	cmd.ValidArgsFunction = env.nodeNames
	return cmd
}

// lost are the ready instances of every app that has one on a node, and the longest that
// one of them takes to start.
func (d *drilling) lost(node string) (ready map[string][]events.OfInstance, start time.Duration) {
	ready = map[string][]events.OfInstance{}
	for _, i := range d.log.Instances("", false) {
		if i.State == "ready" {
			ready[i.App] = append(ready[i.App], events.OfInstance{App: i.App, Node: i.Node, Instance: lastWord(i.ID)})
		}
		if i.Node == node {
			start = max(start, d.starts.Fresh(i.App, i.Release))
		}
	}
	for app, all := range ready {
		if !slices.ContainsFunc(all, func(i events.OfInstance) bool { return i.Node == node }) {
			delete(ready, app)
		}
	}
	return ready, start
}

func drillGateway(env *Env) *cobra.Command {
	var lasts time.Duration
	cmd := env.drillVerb("partition-gateway GATEWAY", "Cut a gateway off from the bus for a while",
		"  slipway drill partition-gateway gw1-a -y\n  slipway drill partition-gateway gw1-a -y --for 8s",
		func(ctx context.Context, d *drilling, name string) (*drill, error) {
			if !d.gateways[name] {
				return nil, d.noGateway(name)
			}
			ttl := d.leaseTTL(ctx)
			if least := ttl + 2*time.Second; lasts < least {
				return nil, fault.New("SLW-U002", "--for %s: at least %s, or nobody notices", lasts, least)
			}
			return &drill{
				kind: events.DrillPartition, target: name,
				says: []string{
					fmt.Sprintf("partition-gateway: %s neither hears nor says anything on the bus for %s; it serves by its last table", name, lasts),
					fmt.Sprintf("promised: not counted on within %s, heard again within %s of the end", ttl+recovery.Slack, ttl+recovery.Slack),
				},
				begin: func(ctx context.Context) (time.Time, error) {
					return d.ask(ctx, "gateway-"+name, name, events.Drill{Kind: events.DrillPartition, ForMs: lasts.Milliseconds()})
				},
				watch: func(injected time.Time) *recovery.Watch {
					return recovery.PartitionGateway(injected, name, ttl, lasts)
				},
			}, nil
		})
	cmd.Flags().DurationVar(&lasts, "for", 10*time.Second, "how long; then it is healed by itself")
	return cmd
}

func (d *drilling) noGateway(name string) error {
	var names []string
	for g := range d.gateways {
		names = append(names, g)
	}
	f := fault.New("SLW-E001", "no gateway %s in context %s", name, d.label.Short())
	if near := nearest.Of(name, names); near != "" {
		f.Because(fmt.Sprintf("did you mean %q?", near))
	}
	return f.Try("slipway events --entity gateway")
}
