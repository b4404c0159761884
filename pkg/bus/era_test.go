package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// bereft is a writer whose server is lost, with the log it has written three facts to.
type bereft struct {
	*Bus
	t      *testing.T
	server *Server
	copy   StreamCopy
	from   []byte
}

// newBereft makes a writer whose client is so late to tell that its connection was lost
// and is there anew that the writer hears of it only after the test.
func newBereft(t *testing.T) *bereft {
	t.Helper()
	w := &bereft{t: t, server: served(t, -1)}
	var err error
	if w.Bus, err = Connect(limit(t), Identity{Name: "before", URLs: []string{w.server.ClientURL()}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	told := make(chan struct{})
	t.Cleanup(func() { close(told) })
	w.nc.SetDisconnectErrHandler(func(*nats.Conn, error) { <-told })
	w.nc.SetReconnectHandler(func(*nats.Conn) { <-told })
	ensure(t, connectTest(t, w.server, "provisioner")) // it knows how much the server may store
	say(t, w.Bus, 0, facts(1, 3)...)
	w.copy, w.from = copied(t, w.Bus, events.StreamEvents)
	return w
}

func served(t *testing.T, port int) *Server {
	t.Helper()
	s, err := StartServer(ServerOptions{StoreDir: t.TempDir(), Port: port, NoSync: true, MaxStore: testStore})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	return s
}

// restored puts another server in the place of the writer's, with the log as it was
// copied, and returns once the writer is connected to it.
func (w *bereft) restored() *Bus {
	w.t.Helper()
	w.server.Shutdown()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(w.server.ClientURL(), "nats://"))
	if err != nil {
		w.t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		w.t.Fatal(err)
	}
	other := connectTest(w.t, served(w.t, n), "restore")
	if err := other.RestoreStream(limit(w.t), w.copy, 1, 2, bytes.NewReader(w.from)); err != nil {
		w.t.Fatal(err)
	}
	await(w.t, "the writer to be connected again", w.Connected)
	return other
}

// While its server was away the log was restored from a copy: who was connected to the
// one before may not go on writing, though its guard has not moved.
func TestAWriterOfTheLogBeforeIsRefusedByTheRestoredOne(t *testing.T) {
	said := func(t *testing.T, w *bereft, other func() *Bus) {
		t.Helper()
		_, err := w.Append(limit(t), testGuard, 3, facts(4, 1))
		if late := errors.Is(err, service.ErrUnclear); !errors.Is(err, service.ErrLogReplaced) && !late {
			t.Errorf("%v", err)
		}
		if head, err := other().Head(limit(t)); err != nil || head != (events.Position{Era: 2, Seq: 3}) {
			t.Errorf("%s, %v", head, err)
		}
		if _, err := w.Append(limit(t), testGuard, 3, facts(4, 1)); !errors.Is(err, service.ErrLogReplaced) {
			t.Errorf("said again: %v", err)
		}
	}
	t.Run("between two decisions", func(t *testing.T) {
		w := newBereft(t)
		other := w.restored()
		said(t, w, func() *Bus { return other })
	})
	t.Run("between two tries of one", func(t *testing.T) {
		w := newBereft(t)
		publish, other := w.publish, (*Bus)(nil)
		w.publish = func(ctx context.Context, m *nats.Msg) (*jetstream.PubAck, error) {
			if other == nil {
				other = w.restored()
				return nil, context.DeadlineExceeded // nobody answered: it is tried again
			}
			return publish(ctx, m)
		}
		said(t, w, func() *Bus { return other })
	})
}

// looking is a client to which something happens just before it makes a consumer.
type looking struct {
	jetstream.JetStream
	before func()
}

func (l *looking) CreateConsumer(ctx context.Context, stream string, c jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	l.before()
	return l.JetStream.CreateConsumer(ctx, stream, c)
}

// A reader whose log is replaced after it has looked whose it is, and before it reads,
// is not given events of another life as if they were of its own.
func TestAReaderOfTheLogBeforeIsNotGivenTheRestoredOne(t *testing.T) {
	w := newBereft(t)
	once := sync.OnceFunc(func() { say(t, w.restored(), 3, facts(4, 1)...) })
	w.js = &looking{w.js, once}
	ctx, stop := context.WithTimeout(t.Context(), bound)
	defer stop()
	err := w.Read(ctx, events.Position{Era: 1, Seq: 3}, []string{wholeLog}, service.Reader{
		Deliver: func(m service.Message) error { return fmt.Errorf("it was given %s", m.Pos) },
	})
	if !errors.Is(err, service.ErrLogReplaced) {
		t.Error(err)
	}
}
