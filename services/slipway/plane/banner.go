package plane

import (
	"fmt"
	"strings"

	"slipway.dev/services/slipway/version"
)

// services is how many participants without hands a development cluster has.
const services = 2

func (d *dev) banner(r Ready) {
	if d.Banner == nil {
		return
	}
	fmt.Fprintf(d.Banner, "slipway %s  one node, NATS %s embedded, data %s\n", version.Number, version.Of().NATS, d.Data)
	fmt.Fprintf(d.Banner, "  ok  nats %s   ok  %d services   ok  gateway %s   ok  node %s: process\n", d.nats, services, d.door.address, DevNode)
	for _, h := range d.warned {
		fmt.Fprintf(d.Banner, "  warn   %s\n", h)
	}
	fmt.Fprintf(d.Banner, "  nats   nats --context %s sub 'slipway.event.>'\n", d.Context)
	fmt.Fprintf(d.Banner, "  next   slipway init hello && slipway deploy hello/app.yaml          ready in %.1f s\n", float64(r.ReadyMs)/1000)
}

// hostPort is an address without its scheme.
func hostPort(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		return rest
	}
	return url
}
