package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// leaseBook is what is known of this participant's own leases.
type leaseBook struct {
	mu    sync.Mutex
	acked time.Time
	reply string // where answers come in; the sending time stands behind it
}

// openLeases listens for the answers to leases: one subscription for all of them,
// since nobody waits for a single one.
func (b *Bus) openLeases() error {
	b.leases.reply = b.nc.NewInbox() + "."
	_, err := b.nc.Subscribe(b.leases.reply+"*", b.leaseAnswered)
	return err
}

// Lease says "I am alive" and does not wait: the next one is due in a moment. It
// fails at once while no server is there; nothing is sent later.
func (b *Bus) Lease(subject string, body events.LeaseBody) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode lease: %w", err)
	}
	reply := b.leases.reply + strconv.FormatInt(time.Now().UnixNano(), 10)
	if err := b.nc.PublishRequest(subject, reply, data); err != nil {
		return fmt.Errorf("say lease %s: %w", subject, err)
	}
	return nil
}

func (b *Bus) leaseAnswered(m *nats.Msg) {
	sent, err := strconv.ParseInt(strings.TrimPrefix(m.Subject, b.leases.reply), 10, 64)
	var ack struct {
		Stream string `json:"stream"`
	}
	if err != nil || json.Unmarshal(m.Data, &ack) != nil || ack.Stream == "" {
		return
	}
	b.leases.mu.Lock()
	defer b.leases.mu.Unlock()
	if at := time.Unix(0, sent); at.After(b.leases.acked) {
		b.leases.acked = at
	}
}

// LeaseAcked is when the newest lease that the bus has kept was sent, zero for none.
// The time of sending and not of the answer: others count from the former, so who
// fences itself by this is never later than they are.
func (b *Bus) LeaseAcked() time.Time {
	b.leases.mu.Lock()
	defer b.leases.mu.Unlock()
	return b.leases.acked
}

// Leases delivers the last lease of each holder that matches the filter, then every
// new one, for ever. Stored tells when the bus got it; "" is all leases.
func (b *Bus) Leases(ctx context.Context, filter string, r service.Reader) error {
	if filter == "" {
		filter = "slipway.lease.>"
	}
	from := source{stream: events.StreamLeases, filters: []string{filter}, policy: jetstream.DeliverLastPerSubjectPolicy}
	return b.read(ctx, from, events.Position{}, r)
}
