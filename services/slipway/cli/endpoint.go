package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/services/registry"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/output"
)

// endpointItem is an endpoint from outside as a verb left it.
type endpointItem struct {
	App      string            `json:"app"`
	Endpoint string            `json:"endpoint"`
	State    string            `json:"state"` // what the registry said last: registered, draining, drained, removed
	Address  string            `json:"address,omitempty"`
	Protocol string            `json:"protocol,omitempty"`
	Weight   int               `json:"weight"`
	Zone     string            `json:"zone,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	Reason   string            `json:"reason,omitempty"`
}

// Name is what -o name prints.
func (i endpointItem) Name() string { return i.App + "/" + i.Endpoint }

func newEndpointCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "endpoint VERB", Short: "Let a service that runs elsewhere serve an app",
		Example:     "  slipway endpoint offer billing b1 --address 10.0.0.7:8080\n  slipway endpoint withdraw billing b1",
		Annotations: annotated("wish", "0 1 2 3 4 5 124 130"),
		Args:        cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(endpointOffer(env), endpointWithdraw(env))
	return cmd
}

func endpointOffer(env *Env) *cobra.Command {
	var d events.WishEndpointOffered
	weight, tags, probe := events.OfferWeight, []string(nil), ""
	cmd := &cobra.Command{
		Use: "offer APP NAME --address HOST:PORT", Short: "Offer an endpoint and keep its lease until interrupted, then withdraw it; with --probe offer it for good",
		Args: cobra.ExactArgs(2), ValidArgsFunction: env.appNames,
		Example: "  slipway endpoint offer billing b1 --address 10.0.0.7:8080\n" +
			"  slipway endpoint offer billing b2 --address billing-2.example.com:443 --protocol https --weight 50 --tag dc=old\n" +
			"  slipway endpoint offer billing b3 --address 10.0.0.8:8080 --probe /healthz",
		Annotations: annotated("wish", "0 1 2 3 4 5 124 130"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d.App, d.Endpoint, d.Weight = args[0], args[1], &weight
			if d.Address == "" {
				return fault.New("SLW-U002", "offer needs an address").Try(env.again("--address HOST:PORT"))
			}
			if probe != "" {
				d.Liveness, d.ProbePath = events.LivenessProbe, probe
			}
			var err error
			if d.Tags, err = tagsOf(tags); err != nil {
				return err
			}
			if why := registry.Unsound(d); why != "" {
				return fault.New("SLW-U002", "%s/%s cannot be offered", d.App, d.Endpoint).Because(why)
			}
			return env.offerEndpoint(cmd.Context(), d)
		},
	}
	f := cmd.Flags()
	f.StringVar(&d.Address, "address", "", "where the gateways reach it, HOST:PORT (needed)")
	f.StringVar(&d.Protocol, "protocol", "http", "what it speaks: http, h2c, https")
	f.IntVar(&weight, "weight", events.OfferWeight, "0 to 1000; 0: listed, gets nothing")
	f.StringVar(&probe, "probe", "", "path that the gateways ask; the endpoint needs no lease and stays until it is withdrawn")
	f.StringVar(&d.Zone, "zone", "", "failure domain")
	f.StringArrayVar(&tags, "tag", nil, "KEY=VALUE, your own words; again for more")
	return cmd
}

func endpointWithdraw(env *Env) *cobra.Command {
	var message string
	cmd := &cobra.Command{
		Use: "withdraw APP NAME", Short: "Let an endpoint go: it gets nothing new and finishes what it has",
		Args: cobra.ExactArgs(2), ValidArgsFunction: env.appNames,
		Example:     "  slipway endpoint withdraw billing b1\n  slipway endpoint withdraw billing b1 -m 'moved to the new rack'",
		Annotations: annotated("wish", "0 1 2 3 4 5 124"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d := events.WishEndpointWithdrawn{OfOffer: events.OfOffer{App: args[0], Endpoint: args[1]}, Message: message}
			return env.withdrawEndpoint(cmd.Context(), d)
		},
	}
	cmd.Flags().StringVarP(&message, "message", "m", "", "why")
	return cmd
}

func tagsOf(words []string) (map[string]string, error) {
	var tags map[string]string
	for _, w := range words {
		key, value, ok := strings.Cut(w, "=")
		if !ok || key == "" {
			return nil, fault.New("SLW-U002", "--tag %q is no KEY=VALUE", w)
		}
		if tags == nil {
			tags = map[string]string{}
		}
		tags[key] = value
	}
	return tags, nil
}

// endpointWait is how long the registry may take to answer.
const endpointWait = 20 * time.Second

func (e *Env) withdrawEndpoint(ctx context.Context, d events.WishEndpointWithdrawn) error {
	ctx, cancel := e.deadline(ctx, endpointWait)
	defer cancel()
	s, err := e.open(ctx, nil)
	if err != nil {
		return err
	}
	defer s.close()
	answer, err := s.askRegistry(ctx, "withdraw", d.OfOffer, d)
	if err != nil {
		return err
	}
	return s.showEndpoint(answer)
}

// askRegistry wishes something of an endpoint and waits for the registry's answer.
func (s *session) askRegistry(ctx context.Context, action string, of events.OfOffer, wish events.Payload) (answer events.Event, err error) {
	before := s.log.Position()
	_, at, err := s.wish(ctx, wish)
	if err != nil {
		return answer, err
	}
	answer, err = s.bus.Answer(ctx, at, before, events.Filter(of.App, "registry", "", "endpoint", ""))
	switch {
	case err != nil && ctx.Err() != nil:
		return answer, fault.New("SLW-D015", "the registry has not answered").
			Because("the wish to " + action + " is kept and will be answered").Try("slipway doctor")
	case err != nil:
		return answer, s.away(ctx, err)
	case isUnknown(answer):
		return answer, fault.New("SLW-E001", "there is no endpoint %s/%s from outside", of.App, of.Endpoint).
			Because(answer.Reason).Rests(answer.ID, answer.Pos.Seq).Try("slipway events --app " + of.App + " --entity endpoint")
	case answer.Kind.Happened == "refused":
		return answer, fault.New("SLW-D019", "the registry refused to %s %s/%s", action, of.App, of.Endpoint).
			Because(answer.Reason).Rests(answer.ID, answer.Pos.Seq).Try("slipway events --app " + of.App + " --entity endpoint")
	}
	return answer, nil
}

// itemOf shows an endpoint's fact.
func itemOf(e events.Event) endpointItem {
	r := recordIn(e)
	return endpointItem{
		App: r.App, Endpoint: r.Endpoint, State: e.Kind.Happened, Address: r.Address, Protocol: r.Protocol,
		Weight: r.Weight, Zone: r.Zone, Tags: r.Tags, Reason: e.Reason,
	}
}

// recordIn is the record that every fact about an endpoint restates.
func recordIn(e events.Event) events.Endpoint {
	switch d := e.Data.(type) {
	case events.EndpointRegistered:
		return d.Endpoint
	case events.EndpointAvailable:
		return d.Endpoint
	case events.EndpointUnavailable:
		return d.Endpoint
	case events.EndpointDraining:
		return d.Endpoint
	case events.EndpointDrained:
		return d.Endpoint
	case events.EndpointRemoved:
		return d.Endpoint
	}
	return events.Endpoint{}
}

func (s *session) showEndpoint(e events.Event) error {
	i := itemOf(e)
	return s.show(s.document("EndpointList", []endpointItem{i}), func(w io.Writer) error {
		t := output.NewTable("ENDPOINT", "STATE", "ADDRESS", "PROTOCOL", "WEIGHT", "ZONE", "REASON")
		t.Row(i.Name(), i.State, i.Address, i.Protocol, fmt.Sprint(i.Weight), i.Zone, i.Reason)
		return t.Write(w, s.width(w))
	})
}
