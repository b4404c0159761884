package plane

import (
	"net/url"
	"slices"

	"slipway.dev/pkg/bus"
	"slipway.dev/services/slipway/fault"
)

// Peers are the servers that keep one log together. The zero value is none: the bus
// is the only server.
type Peers struct {
	Address string   // host:port at which the others reach this one
	Routes  []string // nats://host:port of all of them, this one may be among them
}

const profileCluster = "cluster"

// check refuses half a cluster: its streams lie on three servers.
func (p Peers) check(profile string, names []string) error {
	alone := p.Address == "" && len(p.Routes) == 0
	switch {
	case !slices.Contains(names, "bus"):
		if !alone {
			return fault.New("SLW-U002", "--cluster and --routes are a bus's")
		}
	case profile == profileCluster && (p.Address == "" || len(p.Routes) == 0):
		return fault.New("SLW-U002", "--profile cluster needs --cluster and --routes").
			Because("its streams lie on three servers, which must find one another")
	case profile != profileCluster && !alone:
		return fault.New("SLW-U002", "--cluster and --routes need --profile cluster")
	}
	_, err := p.cluster()
	return err
}

// awaits refuses to wait for a restore where none can come.
func (c RunConfig) awaits() error {
	if c.Awaits && c.Profile != profileCluster {
		return fault.New("SLW-U002", "--await-restore needs --profile cluster").
			Because("a log of one server is restored into its data folder").Try("slipway restore FILE --data " + c.Data)
	}
	return nil
}

// cluster is what the server is told of them; nil: nothing.
func (p Peers) cluster() (*bus.Cluster, error) {
	if p.Address == "" {
		return nil, nil
	}
	host, port, err := inner("cluster", p.Address)
	if err != nil {
		return nil, err
	}
	if port == 0 {
		return nil, fault.New("SLW-U002", "--cluster %s: the others need a fixed port", p.Address)
	}
	for _, r := range p.Routes {
		u, err := url.Parse(r)
		if err != nil || u.Scheme != "nats" {
			return nil, fault.New("SLW-U002", "--routes %q is not nats://host:port", r)
		}
		if _, _, err := inner("routes", u.Host); err != nil {
			return nil, err
		}
	}
	return &bus.Cluster{Host: host, Port: port, Routes: p.Routes}, nil
}
