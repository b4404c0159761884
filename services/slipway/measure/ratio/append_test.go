package ratio

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
)

// key is one decider key that speaks: by our client, or by the plain one with the
// same headers.
type key struct {
	b    *testing.B
	app  string
	n    uint64 // said
	tail uint64 // sequence of the last one
	bus  *bus.Bus
	js   jetstream.JetStream
}

// next is the fact to be said.
func (k *key) next() events.Event {
	return said(events.ReleasePaused{OfRelease: events.OfRelease{App: k.app, Release: int(k.n + 1)}, Cause: "manual"}, k.n+1)
}

func (k *key) guard() string { return events.Guard("deployer", k.app, "") }

// say is our append.
func (k *key) say(ctx context.Context, e events.Event) {
	r, err := k.bus.Append(ctx, k.guard(), k.tail, []events.Event{e})
	must(k.b, err)
	k.n, k.tail = k.n+1, r.Last.Seq
}

// encoded is the same fact in the plain client's hands.
type encoded struct {
	id, subject string
	body        []byte
}

func (k *key) encode(e events.Event) encoded {
	body, err := events.Encode(e)
	must(k.b, err)
	return encoded{e.ID, e.StreamSubject(), body}
}

// publish says a fact whose bytes are ready. Its headers are not: what it expects is
// known since the last answer.
func (k *key) publish(ctx context.Context, e encoded) {
	m := nats.NewMsg(e.subject)
	m.Data = e.body
	m.Header.Set("Nats-Msg-Id", e.id)
	m.Header.Set("Nats-Expected-Stream", events.StreamEvents)
	m.Header.Set("Nats-Expected-Last-Subject-Sequence", strconv.FormatUint(k.tail, 10))
	m.Header.Set("Nats-Expected-Last-Subject-Sequence-Subject", k.guard())
	m.Header.Set("content-type", "application/cloudevents+json")
	ack, err := k.js.PublishMsg(ctx, m)
	must(k.b, err)
	k.n, k.tail = k.n+1, ack.Sequence
}

// BenchmarkAppend: one guarded fact, from the event to the answer; the plain client
// has its bytes ready.
func BenchmarkAppend(b *testing.B) {
	each(b, func(b *testing.B, always bool) {
		s, ctx := open(b, always), limit(b)
		ours, raw := &key{b: b, app: "ours", bus: s.bus("ours")}, &key{b: b, app: "raw", js: s.plain(s.within())}
		var p pair
		for i := 0; b.Loop(); i++ {
			e, ready := ours.next(), raw.encode(raw.next())
			p.turns(i, func() { ours.say(ctx, e) }, func() { raw.publish(ctx, ready) })
			if i%16 == 0 {
				s.touch()
			}
		}
		p.report(s)
	})
}

const (
	writers = 8
	burst   = 25 // facts of each writer in one turn
)

// BenchmarkEightKeys: eight keys at once, each fact behind the last; ratio is of the
// rates.
func BenchmarkEightKeys(b *testing.B) {
	each(b, func(b *testing.B, always bool) {
		s, ctx := open(b, always), limit(b)
		var ours, raw [writers]*key
		client, js := s.bus("ours"), s.plain(s.within())
		for i := range writers {
			ours[i] = &key{b: b, app: "ours" + strconv.Itoa(i), bus: client}
			raw[i] = &key{b: b, app: "raw" + strconv.Itoa(i), js: js}
		}
		var p pair
		for i := 0; b.Loop(); i++ {
			p.turns(i,
				func() { together(ours, func(k *key) { k.say(ctx, k.next()) }) },
				func() { together(raw, func(k *key) { k.publish(ctx, k.encode(k.next())) }) })
			s.touch()
		}
		p.report(s)
		const facts = writers * burst * 1e6
		b.ReportMetric(p.raw.at(50)/p.ours.at(50), "ratio")
		b.ReportMetric(facts/p.ours.at(50), "ours-events/s")
		b.ReportMetric(facts/p.raw.at(50), "raw-events/s")
	})
}

func together(keys [writers]*key, f func(*key)) {
	var all sync.WaitGroup
	for _, k := range keys {
		all.Go(func() {
			for range burst {
				f(k)
			}
		})
	}
	all.Wait()
}
