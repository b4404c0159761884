package bus

import (
	"testing"

	"github.com/nats-io/nats.go"
)

// Who begins to listen a moment later is heard all the same.
func TestARequestWaitsForWhoListens(t *testing.T) {
	b := connectTest(t, startTest(t), "test")
	first := make(chan struct{})
	go func() {
		<-first
		b.nc.Subscribe("late", func(m *nats.Msg) { m.Respond([]byte("here")) })
	}()
	if _, err := b.nc.RequestWithContext(limit(t), "late", nil); err != nats.ErrNoResponders {
		t.Fatalf("before: %v", err)
	}
	close(first)
	m, err := b.request(limit(t), "late", nil)
	if err != nil || string(m.Data) != "here" {
		t.Errorf("%v", err)
	}
}
