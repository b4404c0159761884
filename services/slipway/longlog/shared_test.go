package longlog_test

import (
	"reflect"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/gateway"
	"slipway.dev/services/metrics"
	"slipway.dev/services/node"
	"slipway.dev/services/provisioner"
	"slipway.dev/services/registry"
	"slipway.dev/services/slipway/longlog"
)

// TestFoldsShareAnEvent: participants of one process may be handed the same decoded
// event: none of them changes what stands in it.
func TestFoldsShareAnEvent(t *testing.T) {
	cores := []*service.Core{
		service.NewCore(deployer.Service(cfg)), service.NewCore(registry.Service(registry.Config{})),
		service.NewCore(provisioner.Service(provisioner.Config{}, nil)), service.NewCore(metrics.Service(nil)),
		service.NewCore(node.Service(node.Config{Name: "n1"}, nil)), service.NewCore(gateway.Service(gateway.Config{Name: "gw1-a"}, nil)),
	}
	var all []events.Event
	for _, m := range told(t, longlog.Options{Events: 20_000, Apps: 20, Nodes: 4, Retire: true}) {
		e, err := events.Parse(m.Subject, m.Header, m.Body)
		if err == nil {
			err = e.Decode()
		}
		if err != nil {
			t.Fatal(err)
		}
		e.Pos, e.Stored = m.Pos, m.Stored
		all = append(all, e)
		for _, c := range cores {
			c.Hear(e)
		}
	}
	for _, e := range all {
		fresh := e
		if fresh.Data = nil; fresh.Decode() != nil || !reflect.DeepEqual(fresh.Data, e.Data) {
			t.Errorf("%s at %s was changed by a fold:\n%+v, was\n%+v", e.Kind.Name(), e.Pos, e.Data, fresh.Data)
		}
	}
}
