package bus

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"slipway.dev/events"
)

// trio is three servers of one cluster on loopback, each with its own store, and
// the streams made on them.
type trio struct {
	options [3]ServerOptions
	servers [3]*Server
}

func startTrio(t *testing.T) *trio {
	t.Helper()
	c := &trio{options: trioOptions(t)}
	for i := range c.options {
		c.start(t, i)
	}
	c.ensure(t)
	return c
}

// trioOptions are those of three servers that are told of one another.
func trioOptions(t *testing.T) (all [3]ServerOptions) {
	t.Helper()
	ports := freePorts(t, 6)
	var routes []string
	for _, p := range ports[:3] {
		routes = append(routes, fmt.Sprintf("nats://%s:%d", loopback, p))
	}
	for i := range all {
		all[i] = ServerOptions{
			Name: string(rune('a' + i)), Port: ports[3+i], StoreDir: t.TempDir(), NoSync: true, MaxStore: testStore,
			Cluster: &Cluster{Port: ports[i], Routes: routes},
		}
	}
	return all
}

// freePorts are held together until all are found, so that they differ.
func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", loopback+":0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func (c *trio) start(t *testing.T, i int) {
	t.Helper()
	s, err := StartServer(c.options[i])
	if err != nil {
		t.Fatal(err)
	}
	c.servers[i] = s
	t.Cleanup(s.Shutdown)
}

// end is what SIGTERM does to a process.
func (c *trio) end(i int) { c.servers[i].Shutdown() }

func (c *trio) connect(t *testing.T, name string) *Bus {
	t.Helper()
	return connectTrio(t, c.options, name)
}

func connectTrio(t *testing.T, options [3]ServerOptions, name string) *Bus {
	t.Helper()
	id := Identity{Name: name}
	for _, o := range options {
		id.URLs = append(id.URLs, fmt.Sprintf("nats://%s:%d", loopback, o.Port))
	}
	b, err := Connect(limit(t), id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

var trioProfile = Profile{Name: profileCluster, StoreMax: testStore / 2}

// ensure makes the streams; the servers need some seconds to agree on a leader.
func (c *trio) ensure(t *testing.T) { ensureTrio(t, c.connect(t, "provisioner")) }

func ensureTrio(t *testing.T, b *Bus) {
	t.Helper()
	await(t, "the streams of the cluster", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second) // without a leader nobody answers
		defer cancel()
		_, err := b.Ensure(ctx, trioProfile)
		return err == nil
	})
}

// emptyLog makes the log anew; only a test may do that.
func (c *trio) emptyLog(t *testing.T) {
	t.Helper()
	b := c.connect(t, "provisioner")
	if err := b.js.DeleteStream(limit(t), events.StreamEvents); err != nil {
		t.Fatal(err)
	}
	ensureTrio(t, b)
}

// leader names the server that leads the log, "" while none does.
func leader(t *testing.T, b *Bus) string {
	si, err := b.streamInfo(limit(t), events.StreamEvents)
	if err != nil || si.Cluster == nil {
		return ""
	}
	return si.Cluster.Leader
}
