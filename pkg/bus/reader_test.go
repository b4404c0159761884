package bus

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// listening starts a server on a port that a later one can take again.
func listening(t *testing.T, dir string, port int) *Server {
	t.Helper()
	s, err := StartServer(ServerOptions{StoreDir: dir, Port: port, NoSync: true, MaxStore: testStore})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	return s
}

func port(t *testing.T, s *Server) int {
	t.Helper()
	return s.nats.Addr().(*net.TCPAddr).Port
}

// reader runs a Read and counts what it is told.
type reader struct {
	last           atomic.Uint64 // ordinal of the last event
	gaps, caughtUp atomic.Int64
	done           chan error
}

func startReader(ctx context.Context, b *Bus, after events.Position) *reader {
	r := &reader{done: make(chan error, 1)}
	go func() {
		r.done <- b.Read(ctx, after, []string{"slipway.event.>"}, service.Reader{
			Deliver: func(m service.Message) error {
				e, err := events.Parse(m.Subject, m.Header, m.Body)
				if err == nil && e.Ordinal != r.last.Load()+1 {
					err = errors.New("out of order")
				}
				r.last.Store(e.Ordinal)
				return err
			},
			CaughtUp: func() { r.caughtUp.Add(1) },
			Gap:      func() { r.gaps.Add(1) },
		})
	}()
	return r
}

// bus-9: the server goes away and comes back, the reader goes on behind the last
// message; writes fail at once meanwhile and none is sent later.
func TestReaderSurvivesRestart(t *testing.T) {
	dir := t.TempDir()
	s := listening(t, dir, -1)
	b, err := Connect(limit(t), Identity{Name: "test", URLs: []string{s.ClientURL()}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	profile := Profile{Name: "dev", StoreMax: testStore}
	var leasesMade atomic.Int64
	keeping, stopKeeping := context.WithCancel(t.Context())
	kept := make(chan error, 1)
	go func() {
		kept <- b.Keep(keeping, profile, func(made []Change, _ error) {
			for _, c := range made {
				if c.Stream == events.StreamLeases && c.Created {
					leasesMade.Add(1)
				}
			}
		})
	}()
	await(t, "the streams", func() bool { return leasesMade.Load() == 1 })
	tail := say(t, b, 0, facts(1, 20)...).Last.Seq
	ctx, cancel := context.WithCancel(t.Context())
	r := startReader(ctx, b, events.Position{})
	await(t, "20 events", func() bool { return r.last.Load() == 20 })

	at := port(t, s)
	s.Shutdown()
	await(t, "the connection to break", func() bool { return !b.Connected() })
	if _, err := b.Append(limit(t), testGuard, tail, facts(21, 1)); !errors.Is(err, service.ErrUnavailable) {
		t.Errorf("append while the server is away: %v", err)
	}
	if err := b.Lease("slipway.lease.node.n1", events.LeaseBody{}); err == nil {
		t.Error("a lease was buffered")
	}
	listening(t, dir, at)
	await(t, "the connection", b.Connected)
	await(t, "what is kept in memory to be made again", func() bool { return leasesMade.Load() == 2 })
	var last service.Result
	await(t, "an append", func() bool {
		last, err = b.Append(limit(t), testGuard, tail, facts(21, 30))
		return err == nil
	})
	if last.Already {
		t.Error("what failed was sent later")
	}
	await(t, "50 events", func() bool { return r.last.Load() == 50 })
	if r.gaps.Load() < 1 || r.caughtUp.Load() != 1 {
		t.Errorf("told of %d gaps, caught up %d times", r.gaps.Load(), r.caughtUp.Load())
	}
	cancel()
	if err := <-r.done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	stopKeeping()
	if err := <-kept; !errors.Is(err, context.Canceled) {
		t.Errorf("keeping ended with %v", err)
	}
}

// bus-8, the log's part of it: another log under the same address ends the reader.
func TestReaderRefusesAnotherLog(t *testing.T) {
	b := openTest(t)
	say(t, b, 0, facts(1, 3)...)
	for _, after := range []events.Position{{Era: 1, Seq: 4}, {Era: 2, Seq: 1}} {
		r := startReader(limit(t), b, after)
		if err := <-r.done; !errors.Is(err, service.ErrLogReplaced) {
			t.Errorf("after %s: %v", after, err)
		}
	}
}

func TestReaderSeesConsumerLost(t *testing.T) {
	b := openTest(t)
	tail := say(t, b, 0, facts(1, 5)...).Last.Seq
	r := startReader(limit(t), b, events.Position{})
	await(t, "5 events", func() bool { return r.last.Load() == 5 })
	s, err := b.js.Stream(limit(t), events.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	for name := range s.ConsumerNames(limit(t)).Name() {
		if err := s.DeleteConsumer(limit(t), name); err != nil {
			t.Fatal(err)
		}
	}
	say(t, b, tail, facts(6, 5)...)
	await(t, "10 events", func() bool { return r.last.Load() == 10 && r.gaps.Load() == 1 })
}

// A reader leaves nothing behind on the server.
func TestReaderGivesItsConsumerBack(t *testing.T) {
	b := openTest(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := startReader(ctx, b, events.Position{})
	await(t, "the reader", func() bool { return r.caughtUp.Load() == 1 })
	cancel()
	<-r.done
	await(t, "no consumer", func() bool {
		si, err := b.streamInfo(limit(t), events.StreamEvents)
		return err == nil && si.State.Consumers == 0
	})
}

// The largest events come through pulls bounded by bytes.
func TestReaderOfLargestEvents(t *testing.T) {
	b := openTest(t)
	words, tail := strings.Repeat("x", 300<<10), uint64(0)
	const n = 100 // 30 MB: several pulls
	for i := uint64(1); i <= n; i++ {
		tail = say(t, b, tail, fact(i, words)).Last.Seq
	}
	r := startReader(limit(t), b, events.Position{})
	await(t, "all events", func() bool { return r.last.Load() == n && r.caughtUp.Load() == 1 })
	if r.gaps.Load() != 0 {
		t.Errorf("%d interruptions", r.gaps.Load())
	}
}

// A hole in the log is reported and not waited for.
func TestReaderReportsHole(t *testing.T) {
	b := connectTest(t, startTest(t), "test")
	careless := config(events.Streams[0], Profile{Name: "dev"})
	careless.MaxBytes, careless.DenyDelete = 16<<20, false
	s, err := b.js.CreateStream(limit(t), careless)
	if err != nil {
		t.Fatal(err)
	}
	tail := say(t, b, 0, facts(1, 20)...).Last.Seq
	for seq := tail - 1; seq > tail-4; seq-- {
		if err := s.DeleteMsg(limit(t), seq); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	ctx, cancel := context.WithCancel(limit(t))
	err = b.Read(ctx, events.Position{}, []string{wholeLog}, service.Reader{
		Deliver:  func(service.Message) error { n++; return nil },
		CaughtUp: cancel,
	})
	if !errors.Is(err, context.Canceled) || n != 17 || b.Holes() != 3 {
		t.Errorf("read %d of 17, %d missing: %v", n, b.Holes(), err)
	}
	var drift *Drift
	if _, err := b.Ensure(limit(t), Profile{Name: "dev"}); !errors.As(err, &drift) {
		t.Errorf("a log with holes was accepted: %v", err)
	}
}
