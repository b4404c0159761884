package bus

import (
	"fmt"
	"net/url"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	clusterName = "slipway"
	placeTag    = "host:" // no two replicas of a stream share the value behind it
)

// Cluster says how a server finds the others of its cluster. Three of them keep the
// log: one may be lost without an acknowledged event; without a second one nothing
// is written any more.
type Cluster struct {
	Name   string   // of the cluster, the same for all; "" is slipway
	Host   string   // address the others reach this server at; "" is loopback
	Port   int      // and its port; required, since the others name it
	Routes []string // nats://host:port of all servers, this one may be among them
	Place  string   // what the server falls with, its machine; "" is the server's name
}

// check refuses what would leave a server alone or beside its own copy.
func (c *Cluster) check(server string) error {
	switch {
	case server == "":
		return fmt.Errorf("a server of a cluster needs a name of its own")
	case c.Port <= 0:
		return fmt.Errorf("a server of a cluster needs a fixed port for the others")
	case len(c.Routes) == 0:
		return fmt.Errorf("a server of a cluster needs the addresses of the others")
	}
	_, err := c.routes()
	return err
}

func (c *Cluster) routes() (all []*url.URL, err error) {
	for _, r := range c.Routes {
		u, err := url.Parse(r)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("route %q is not nats://host:port", r)
		}
		all = append(all, u)
	}
	return all, nil
}

// join writes the cluster into the server's options, which check has passed.
func (c *Cluster) join(opts *server.Options) {
	opts.Cluster = server.ClusterOpts{Name: c.Name, Host: c.Host, Port: c.Port}
	if c.Name == "" {
		opts.Cluster.Name = clusterName
	}
	if c.Host == "" {
		opts.Cluster.Host = loopback
	}
	place := c.Place
	if place == "" {
		place = opts.ServerName
	}
	opts.Routes, _ = c.routes()
	opts.Tags = []string{placeTag + place}
	opts.JetStreamUniqueTag = placeTag
}
