package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const (
	logsInFlight = 64       // batches sent and not answered
	logRing      = 16 << 20 // bytes of batches that wait; beyond, the oldest are dropped
	logAckWait   = 5 * time.Second
)

// LogBatch is a node's message of what one app's instances wrote.
type LogBatch struct {
	Lines   []LogLine `json:"lines"`
	Dropped int       `json:"dropped,omitempty"` // lines lost on the way before these

	Subject string    `json:"-"` // on reading: slipway.log.<app>.<node>
	Stored  time.Time `json:"-"` // on reading: the stream's time
}

// LogLine is one line of an instance's output.
type LogLine struct {
	Instance string    `json:"instance"`
	Stream   string    `json:"stream"` // stdout, stderr
	Time     time.Time `json:"time"`
	Line     string    `json:"line"`
}

// logShipper sends batches without waiting. What the bus does not take in time
// waits in a ring; what falls out of the ring is counted in the next batch.
type logShipper struct {
	js jetstream.JetStream

	mu      sync.Mutex
	waiting []waitingLog
	bytes   int
	dropped map[string]int // lines lost, by subject, not yet told
}

type waitingLog struct {
	subject string
	batch   LogBatch
	bytes   int
}

func (b *Bus) openLogs() (err error) {
	s := &b.logs
	s.dropped = map[string]int{}
	s.js, err = jetstream.New(b.nc,
		jetstream.WithPublishAsyncMaxPending(logsInFlight),
		jetstream.WithPublishAsyncTimeout(logAckWait),
		jetstream.WithPublishAsyncAckHandler(func(jetstream.JetStream, *nats.Msg, *jetstream.PubAck) { s.drain() }),
		jetstream.WithPublishAsyncErrHandler(func(_ jetstream.JetStream, m *nats.Msg, _ error) { s.lost(m) }))
	return err
}

// PublishLog ships lines of an app's instances on a node and does not wait. The
// caller cuts batches at 64 KiB or 200 ms.
func (b *Bus) PublishLog(app, node string, batch LogBatch) error {
	size := 0
	for _, l := range batch.Lines {
		size += len(l.Line) + len(l.Instance) + 64
	}
	b.logs.put(waitingLog{subject: events.LogSubject(app, node), batch: batch, bytes: size})
	b.logs.drain()
	return nil
}

// put makes room by dropping the oldest.
func (s *logShipper) put(w waitingLog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, w)
	s.bytes += w.bytes
	for s.bytes > logRing && len(s.waiting) > 1 {
		s.count(s.waiting[0].subject, s.waiting[0].batch)
		s.shift()
	}
}

func (s *logShipper) shift() {
	s.bytes -= s.waiting[0].bytes
	s.waiting[0] = waitingLog{}
	s.waiting = s.waiting[1:]
}

func (s *logShipper) count(subject string, b LogBatch) {
	s.dropped[subject] += len(b.Lines) + b.Dropped
}

// drain sends what waits, as far as the bus takes it now.
func (s *logShipper) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 && s.js.PublishAsyncPending() < logsInFlight {
		w := s.waiting[0]
		w.batch.Dropped += s.dropped[w.subject]
		body, err := json.Marshal(w.batch)
		if err == nil {
			_, err = s.js.PublishMsgAsync(&nats.Msg{Subject: w.subject, Data: body}, jetstream.WithRetryAttempts(0))
		}
		if err != nil {
			return
		}
		delete(s.dropped, w.subject)
		s.shift()
	}
}

// lost counts the lines of a batch that was sent and not kept.
func (s *logShipper) lost(m *nats.Msg) {
	var b LogBatch
	if err := json.Unmarshal(m.Data, &b); err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(m.Subject, b)
}

// Logs delivers what is kept of logs since a time and matches a filter such as
// slipway.log.web.>; zero is all that is kept. Without follow it returns nil at the
// end of it. It returns fn's error.
func (b *Bus) Logs(ctx context.Context, filter string, since time.Time, follow bool, fn func(LogBatch) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	from := source{stream: events.StreamLogs, filters: []string{filter}, policy: jetstream.DeliverAllPolicy}
	if !since.IsZero() {
		from.policy, from.since = jetstream.DeliverByStartTimePolicy, since
	}
	ended := false
	err := b.read(ctx, from, events.Position{}, service.Reader{
		Deliver: func(m service.Message) error {
			var batch LogBatch
			if err := json.Unmarshal(m.Body, &batch); err != nil {
				return nil // a line nobody can read is no reason to show no other
			}
			batch.Subject, batch.Stored = m.Subject, m.Stored
			return fn(batch)
		},
		CaughtUp: func() {
			if !follow {
				ended = true
				cancel()
			}
		},
	})
	if ended {
		return nil
	}
	return fmt.Errorf("read logs %s: %w", filter, err)
}
