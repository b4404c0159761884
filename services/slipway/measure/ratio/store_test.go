package ratio

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
)

const (
	bound    = time.Minute // a benchmark that waits longer hangs
	storeMax = 4 << 30
	probe    = 512 // bytes written before each fsync: about an event
)

// store is a server of a benchmark's own, with the streams made.
type store struct {
	b       *testing.B
	server  *bus.Server
	disk    *os.File
	fsyncs  series
	running []func() // ends of the services driven
}

// each runs a benchmark with and without waiting for the disk.
func each(b *testing.B, f func(b *testing.B, always bool)) {
	b.Run("nosync", func(b *testing.B) { f(b, false) })
	b.Run("always", func(b *testing.B) { f(b, true) })
}

func open(b *testing.B, always bool) *store {
	b.Helper()
	dir := b.TempDir()
	server, err := bus.StartServer(bus.ServerOptions{StoreDir: filepath.Join(dir, "nats"), Port: -1, NoSync: !always, MaxStore: 2 * storeMax})
	must(b, err)
	b.Cleanup(server.Shutdown)
	disk, err := os.Create(filepath.Join(dir, "probe"))
	must(b, err)
	b.Cleanup(func() { disk.Close() })
	s := &store{b: b, server: server, disk: disk}
	owner := s.bus("provisioner")
	_, err = owner.Ensure(limit(b), bus.Profile{Name: "dev", StoreMax: storeMax})
	must(b, err)
	_, err = owner.Found(limit(b), events.ClusterFounded{Cluster: "measure", Level: events.Level, Profile: "dev"}, time.Now())
	must(b, err)
	return s
}

// bus is our client, without a socket.
func (s *store) bus(name string) *bus.Bus {
	return s.connect(bus.Identity{Name: name, Server: s.server})
}

// tcp is our client over a socket.
func (s *store) tcp(name string) *bus.Bus {
	return s.connect(bus.Identity{Name: name, URLs: []string{s.server.ClientURL()}})
}

func (s *store) connect(id bus.Identity) *bus.Bus {
	c, err := bus.Connect(limit(s.b), id)
	must(s.b, err)
	s.b.Cleanup(c.Close)
	return c
}

// plain is the client library alone.
func (s *store) plain(opts ...nats.Option) jetstream.JetStream {
	nc, err := nats.Connect(s.server.ClientURL(), opts...)
	must(s.b, err)
	s.b.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	must(s.b, err)
	return js
}

// within connects the client library without a socket.
func (s *store) within() nats.Option { return nats.InProcessServer(s.server) }

// touch measures the disk once, as an append meets it.
func (s *store) touch() {
	_, err := s.disk.Write(make([]byte, probe))
	must(s.b, err)
	s.fsyncs.time(func() { must(s.b, s.disk.Sync()) })
}

func must(b *testing.B, err error) {
	if err != nil {
		b.Helper()
		b.Fatal(err)
	}
}

func limit(b *testing.B) context.Context {
	ctx, cancel := context.WithTimeout(b.Context(), bound)
	b.Cleanup(cancel)
	return ctx
}

// said is a fact as its owner says it, the nth under its guard.
func said(p events.Payload, n uint64) events.Event {
	k, about := events.KindOf(p), p.About()
	id := events.ID(events.Guard(k.Owner, about.App, about.Place), n)
	return events.Event{
		ID: id, Source: events.Source(k.Owner, about.Place), Kind: k, App: about.App, Place: about.Place, Subject: about.Subject,
		Time: time.Now().UTC(), Correlation: id, Actor: events.Actor(k.Owner, about.Place), Ordinal: n, Data: p,
		Reason: fmt.Sprintf("fact %d of a measurement", n),
	}
}
