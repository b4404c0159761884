package bus

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

const (
	reconnectWait = 100 * time.Millisecond
	jitterPlain   = 100 * time.Millisecond
	jitterTLS     = 500 * time.Millisecond
	pingEvery     = 2 * time.Second // a dead peer is found within 3 of these
	pingsMissed   = 2
	noBuffer      = -1 // a write during an outage fails; it is never sent later
	apiWait       = 5 * time.Second
)

// Identity says who connects and where to.
type Identity struct {
	Name   string   // participant or person: deployer, node-n1, alice; names the inbox
	Creds  string   // credentials file; "" on loopback
	URLs   []string // all servers; ignored where Server is set
	Server *Server  // embedded server of this process
	Log    zerolog.Logger
}

// Bus is one participant's connection to the log and the streams beside it. Its
// methods may be called from many goroutines.
type Bus struct {
	id    Identity
	nc    *nats.Conn
	js    jetstream.JetStream
	inbox string

	wire    *wire
	life    *life
	slots   *slots
	denials *denials
	origins origins
	fill    fill
	level   atomic.Int64
	leases  leaseBook
	logs    logShipper
	herald  herald
	holes   atomic.Uint64

	// The two ways to store, so that a test can lose an answer.
	publish      func(context.Context, *nats.Msg) (*jetstream.PubAck, error)
	publishBatch func(context.Context, []*nats.Msg) (batchAck, error)
}

// Connect connects and waits until a server has answered or ctx ends. From then on
// the connection comes back by itself, for ever.
func Connect(ctx context.Context, id Identity) (*Bus, error) {
	b := newBus(id)
	up := make(chan struct{})
	nc, err := nats.Connect(strings.Join(id.URLs, ","), b.options(up)...)
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", id.Name, err)
	}
	b.nc = nc
	select {
	case <-up:
	case <-ctx.Done():
		nc.Close()
		return nil, fmt.Errorf("connect %s: no server answered: %w", id.Name, ctx.Err())
	}
	if err := b.open(); err != nil {
		nc.Close()
		return nil, fmt.Errorf("connect %s: %w", id.Name, err)
	}
	return b, nil
}

func newBus(id Identity) *Bus {
	b := &Bus{id: id, inbox: "_INBOX_" + id.Name, wire: newWire(), life: newLife(), slots: newSlots(), denials: newDenials()}
	b.level.Store(int64(initialLevel))
	return b
}

// open makes what needs the connection.
func (b *Bus) open() (err error) {
	if b.js, err = jetstream.New(b.nc, jetstream.WithDefaultTimeout(apiWait)); err != nil {
		return err
	}
	b.publish = func(ctx context.Context, m *nats.Msg) (*jetstream.PubAck, error) {
		return b.js.PublishMsg(ctx, m, jetstream.WithRetryAttempts(0)) // its retries would hide outcomes
	}
	b.publishBatch = b.sendBatch
	if err := b.openLeases(); err != nil {
		return err
	}
	if err := b.openHearsay(); err != nil {
		return err
	}
	return b.openLogs()
}

func (b *Bus) options(up chan struct{}) []nats.Option {
	opts := []nats.Option{
		nats.Name(b.id.Name),
		nats.CustomInboxPrefix(b.inbox),
		nats.SetCustomDialer(b.wire),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(jitterPlain, jitterTLS),
		nats.RetryOnFailedConnect(true),
		nats.PingInterval(pingEvery),
		nats.MaxPingsOutstanding(pingsMissed),
		nats.ReconnectBufSize(noBuffer),
		nats.ConnectHandler(func(*nats.Conn) { close(up) }),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { b.life.end() }),
		nats.ReconnectHandler(func(*nats.Conn) { b.reconnected() }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { b.failed(err) }),
	}
	if b.id.Creds != "" {
		opts = append(opts, nats.UserCredentials(b.id.Creds))
	}
	if b.id.Server != nil {
		opts = append(opts, nats.InProcessServer(inside{b.wire, b.id.Server}))
	}
	return opts
}

// reconnected forgets how full the log was: another server may be behind the same
// address.
func (b *Bus) reconnected() {
	b.fill.forget()
	b.life.begin()
	b.logs.drain()
}

// failed hears the connection's asynchronous errors; denials come only this way.
func (b *Bus) failed(err error) {
	if subject, ok := deniedSubject(err); ok {
		b.denials.tell(subject)
	}
	b.id.Log.Warn().Err(err).Msg("bus")
}

// Close ends the connection and everything that reads or writes by it.
func (b *Bus) Close() {
	b.life.end()
	b.nc.Close()
}

// Connected tells whether a server is there now.
func (b *Bus) Connected() bool { return b.nc.IsConnected() }
