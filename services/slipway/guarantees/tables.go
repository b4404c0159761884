package guarantees

import (
	"time"

	"slipway.dev/events"
)

// tables is how soon what is available stands in every gateway's table: row 9.
type tables struct {
	live    map[string]bool
	pending map[string]map[string]*arrival // by app and endpoint
}

// arrival is an endpoint that some gateways have still to serve.
type arrival struct {
	since    time.Time
	pool     int // first generation that lists it as ready; 0: none yet
	gateways map[string]bool
	seq      uint64
}

func newTables() *tables {
	return &tables{live: map[string]bool{}, pending: map[string]map[string]*arrival{}}
}

func (t *tables) hear(f *Fold, e events.Event) {
	switch d := e.Data.(type) {
	case events.GatewayJoined:
		t.gone(d.Gateway)
	case events.GatewayDraining:
		t.gone(d.Gateway)
	case events.GatewayLeft:
		t.gone(d.Gateway)
	case events.LeaseLapsed:
		if d.Kind == "gateway" {
			t.gone(d.Name)
		}
	case events.RoutingApplied:
		t.applied(f, d, e)
	case events.EndpointAvailable:
		t.available(d.Endpoint, e)
	case events.EndpointUnavailable:
		delete(t.pending[d.App], d.Endpoint.Endpoint)
	case events.EndpointDraining:
		delete(t.pending[d.App], d.Endpoint.Endpoint)
	case events.EndpointRemoved:
		delete(t.pending[d.App], d.Endpoint.Endpoint)
	case events.PoolChanged:
		for _, p := range d.Endpoints {
			if x := t.pending[d.App][p.Endpoint]; x != nil && p.Ready && x.pool == 0 {
				x.pool = d.Generation
			}
		}
	}
}

// gone: a gateway that comes or goes has a table of its own time.
func (t *tables) gone(gateway string) {
	delete(t.live, gateway)
	for _, all := range t.pending {
		for _, x := range all {
			delete(x.gateways, gateway)
		}
	}
}

func (t *tables) available(d events.Endpoint, e events.Event) {
	if len(t.live) == 0 {
		return
	}
	x := &arrival{since: e.At(), seq: e.Pos.Seq, gateways: map[string]bool{}}
	for g := range t.live {
		x.gateways[g] = true
	}
	if t.pending[d.App] == nil {
		t.pending[d.App] = map[string]*arrival{}
	}
	t.pending[d.App][d.Endpoint] = x
}

// applied takes the samples of a gateway; one counts from when it has first served.
func (t *tables) applied(f *Fold, d events.RoutingApplied, e events.Event) {
	t.live[d.Gateway] = true
	for id, x := range t.pending[d.App] {
		if x.pool == 0 || d.Pool < x.pool || !x.gateways[d.Gateway] {
			continue
		}
		f.late(routable, d.App, e.At(), e.At().Sub(x.since), x.seq)
		if delete(x.gateways, d.Gateway); len(x.gateways) == 0 {
			delete(t.pending[d.App], id)
		}
	}
}

func (*tables) standing(*Fold, time.Time) {}
