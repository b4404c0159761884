package backup

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
)

// What an integration had acknowledged when the backup was taken stays so; the rest it
// is given, some of it again. Who made a consumer himself is told that it is gone.
func TestIntegrationsReadOnWhereTheyHadAcknowledged(t *testing.T) {
	s := serve(t, t.TempDir())
	b := founded(t, connected(t, s))
	d := bus.Durable{
		Name: "mybot", Filters: []string{"slipway.event.web.>"}, Wish: "1:1", MaxAckPending: 7,
		BackOff: []time.Duration{30 * time.Second, time.Minute}, IdleAfter: time.Hour,
	}
	if _, err := b.MakeDurable(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	js := streams(t, s)
	acknowledge(t, js, "mybot", 5) // 2 to 6: the first event is another's
	own := jetstream.ConsumerConfig{Durable: "own", AckPolicy: jetstream.AckExplicitPolicy}
	if _, err := js.CreateConsumer(t.Context(), events.StreamEvents, own); err != nil {
		t.Fatal(err)
	}
	path, m := took(t, b)
	acknowledge(t, js, "mybot", 5) // of a life that is lost
	if len(m.Consumers) != 1 || m.Consumers[0].Acked != 6 || !slices.Equal(m.Foreign, []string{"own"}) {
		t.Errorf("%+v, foreign %v", m.Consumers, m.Foreign)
	}

	data := t.TempDir()
	if _, err := opened(t, path).Restore(t.Context(), data, noon, zerolog.Nop(), unseen); err != nil {
		t.Fatal(err)
	}
	s = serve(t, filepath.Join(data, "nats"))
	again, err := connected(t, s).Durable(t.Context(), "mybot")
	if err != nil || again.Acked != 6 || again.Pending != 25 || again.Wish != d.Wish || again.From != "1:1" ||
		!slices.Equal(again.Filters, d.Filters) || !slices.Equal(again.BackOff, d.BackOff) || again.IdleAfter != d.IdleAfter || again.MaxAckPending != 7 {
		t.Errorf("%+v, %v", again, err)
	}
	if first := acknowledge(t, streams(t, s), "mybot", 25); first != 7 {
		t.Errorf("it reads on at %d", first)
	}
}

// streams is a server as any client sees it.
func streams(t *testing.T, s *bus.Server) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// acknowledge takes so many messages of a durable and returns the sequence of the first.
func acknowledge(t *testing.T, js jetstream.JetStream, name string, n int) (first uint64) {
	t.Helper()
	c, err := js.Consumer(t.Context(), events.StreamEvents, name)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		m, err := c.Next(jetstream.FetchMaxWait(openWait))
		if err != nil {
			t.Fatal(err)
		}
		at, err := m.Metadata()
		if err == nil {
			err = m.DoubleAck(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		if first == 0 {
			first = at.Sequence.Stream
		}
	}
	return first
}
