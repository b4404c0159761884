package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/view"
)

func newNodesCommand(env *Env) *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use: "nodes", Short: "List the nodes, and empty them", Args: cobra.NoArgs,
		Example:     "  slipway nodes\n  slipway nodes -o wide",
		Annotations: annotated("read", "0 3 5"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return env.looking(cmd.Context(), at, func(ctx context.Context, s *session) error {
				list := s.log.Nodes(s.nodeLeases(ctx), s.leaseTTL(ctx))
				return s.show(s.document("NodeList", list), func(w io.Writer) error { return s.nodesTable(w, list) })
			})
		},
	}
	atFlag(cmd, &at)
	cmd.AddCommand(newCordonCommand(env), newUncordonCommand(env), newDrainCommand(env), newRemoveNodeCommand(env))
	return cmd
}

func (s *session) nodesTable(w io.Writer, list []view.Node) error {
	t := output.NewTable("NODE", "STATE", "DRIVERS", "INSTANCES", "CPU", "MEMORY", "JOINED", "REASON")
	for _, n := range list {
		t.Row(n.ID, n.State, output.Join(n.Drivers), strconv.Itoa(n.Instances),
			fmt.Sprintf("%dm/%dm", n.Used.CPUMilli, n.Capacity.CPUMilli),
			output.Bytes(n.Used.MemoryBytes)+"/"+output.Bytes(n.Capacity.MemoryBytes),
			output.Clock(n.JoinedAt.Time, s.Now(), s.UTC), n.Reason)
	}
	return t.Write(w, s.width(w))
}

// leasesOf filters the leases of a kind of holder.
func leasesOf(kind string) string { return events.LeaseSubject(kind) + ".>" }

// nodeLeases are when each node was last heard; hearsay, so none is no fault, and of
// another moment there is none.
func (s *session) nodeLeases(ctx context.Context) map[string]time.Time {
	if s.past != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	heard := map[string]time.Time{}
	_ = s.bus.Leases(ctx, leasesOf("node"), service.Reader{ // ends with ctx
		Deliver: func(m service.Message) error {
			if _, holder, err := events.ParseLease(m.Subject); err == nil {
				heard[holder[0]] = m.Stored
			}
			return nil
		},
		CaughtUp: cancel,
	})
	return heard
}
