package bus

import (
	"net"
	"net/url"
)

const natsPort = "4222" // where a server's address names none

// Servers are the addresses, host:port, of the bus's servers as this connection knows
// them: the one in its own process, those it was told, and those that they have named.
func (b *Bus) Servers() (addresses []string) {
	known := b.nc.Servers()
	if b.id.Server != nil { // reached without an address
		known = append(b.nc.DiscoveredServers(), b.id.Server.ClientURL())
	}
	for _, s := range known {
		u, err := url.Parse(s)
		if err != nil || u.Hostname() == "" {
			continue // the client connected by others
		}
		port := u.Port()
		if port == "" {
			port = natsPort
		}
		addresses = append(addresses, net.JoinHostPort(u.Hostname(), port))
	}
	return addresses
}
