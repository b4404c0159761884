package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/metrics"
	"slipway.dev/services/provisioner"
	"slipway.dev/services/registry"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/plane"
	"slipway.dev/services/slipway/view"
)

func newServicesCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "services", Short: "List the services and their copies, and how far each has read", Args: cobra.NoArgs,
		Example:     "  slipway services\n  slipway services -o json",
		Annotations: annotated("read", "0 3 5"),
		RunE:        func(cmd *cobra.Command, _ []string) error { return env.services(cmd.Context()) },
	}
}

// copied are the services that live from the bus alone, in any number of copies. The
// provisioner has one beside each bus.
func copied() []service.Service {
	return []service.Service{
		deployer.Service(deployer.Config{}), metrics.Service(nil), provisioner.Service(provisioner.Config{}, nil), registry.Service(registry.Config{}),
	}
}

func (e *Env) services(ctx context.Context) error {
	ctx, cancel := e.deadline(ctx, readTimeout)
	defer cancel()
	s, err := e.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	head, err := s.head(ctx)
	if err != nil {
		return s.away(ctx, err)
	}
	dead, err := s.letters(ctx)
	if err != nil {
		return err
	}
	times, err := s.bus.LeaseTimes(ctx)
	if err != nil {
		return s.away(ctx, err)
	}
	roll := newRollCall(head.Seq, times, s.Now)
	if err := roll.hear(ctx, s); err != nil {
		return s.away(ctx, err)
	}
	var list []view.Service
	for _, svc := range copied() {
		x := roll.of(svc)
		x.Dead, x.Snapshot = dead.Of(svc.Name), s.snapshotAt(ctx, svc.Name)
		list = append(list, x)
	}
	d := output.Document{Kind: "ServiceList", Context: s.label.Name, At: head, Time: s.Now(), Items: list}
	return s.show(d, func(w io.Writer) error { return s.servicesTable(w, list) })
}

// snapshotAt is where a service's newest snapshot stands; 0: there is none.
func (s *session) snapshotAt(ctx context.Context, name string) uint64 {
	b, _, err := plane.Kept(ctx, s.bus, name)
	if err != nil {
		return 0
	}
	var kept struct{ Position events.Position }
	if json.Unmarshal(b, &kept) != nil {
		return 0
	}
	return kept.Position.Seq
}

// servicesTable has a line for each copy, and one for a service without any.
func (s *session) servicesTable(w io.Writer, list []view.Service) error {
	t := output.NewTable("SERVICE", "STATE", "COPY", "PID", "STARTED", "POSITION", "LAG", "VERSION", "LEVEL", "SNAPSHOT", "DEAD")
	for _, x := range list {
		snapshot, dead := sequenceOf(x.Snapshot), strconv.Itoa(x.Dead)
		if len(x.Copies) == 0 {
			t.Row(x.ID, x.State, "", "", "", "", "", "", "", snapshot, dead)
		}
		for _, c := range x.Copies {
			t.Row(x.ID, c.State, c.ID, number(c.Pid), output.Clock(c.StartedAt.Time, s.Now(), s.UTC), sequenceOf(c.Position),
				strconv.FormatUint(c.Lag, 10), c.Version, number(c.Level), snapshot, dead)
		}
	}
	return t.Write(w, s.width(w))
}

// sequenceOf is a sequence as a person writes it; nothing for none.
func sequenceOf(seq uint64) string {
	if seq == 0 {
		return ""
	}
	return fmt.Sprintf("#%d", seq)
}
