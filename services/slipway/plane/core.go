package plane

import (
	"context"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/deployer/appfile"
	"slipway.dev/services/registry"
)

// core is a participant without hands: it lives from the bus alone, any number of
// copies of it.
func (h *host) core(svc service.Service) part {
	return part{name: svc.Name, log: h.logger(svc.Name), run: func(ctx context.Context, ready func()) error {
		b, err := h.connect(ctx, svc.Name)
		if err != nil {
			return err
		}
		defer b.Close()
		opt := h.options(svc.Name, ready)
		opt.Lease = events.LeaseEvery
		return h.drive(ctx, svc, b, opt, busKeeper{b.Bus, svc.Name})
	}}
}

func (h *host) registry() part { return h.core(registry.Service(registry.Config{})) }

// deployer holds the placer too.
func (h *host) deployer(defaultDomain string) part {
	return h.core(deployer.Service(deployer.Config{DefaultDomain: defaultDomain, Check: rules}))
}

// rules are the app file's, for wishes from anywhere.
func rules(doc events.Document) (all []events.Refusal) {
	for _, v := range appfile.Check(doc) {
		all = append(all, events.Refusal{Code: "invalid-spec", Field: v.Field, Text: v.Text})
	}
	return all
}
