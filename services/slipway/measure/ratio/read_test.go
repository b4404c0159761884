package ratio

import (
	"context"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/longlog"
)

const (
	replayed = 1_000_000
	caughtUp = 200_000
	perApp   = 1000 // facts of one app in the logs that are read
)

// fill says n facts, so many of each app, in the largest batches.
func (s *store) fill(n int) {
	b := s.bus("filler")
	for app := range n / perApp {
		k := key{b: s.b, app: fmt.Sprintf("app-%d", app)}
		for k.n < perApp {
			var es []events.Event
			for len(es) < events.MaxAppendEvents && k.n < perApp {
				es = append(es, k.next())
				k.n++
			}
			r, err := b.Append(s.b.Context(), k.guard(), k.tail, es)
			must(s.b, err)
			k.tail = r.Last.Seq
		}
	}
}

// BenchmarkReplay: a whole log read by our reader, each event scanned and its data
// decoded, against the plain client that reads the messages and looks at none. The
// ratio is of the rates.
func BenchmarkReplay(b *testing.B) {
	s := open(b, false)
	n := s.tell(replayed)
	client, js := s.bus("reader"), s.plain(s.within())
	s.readRaw(js, n) // so that neither side is the one that finds the files cold
	var p pair
	for i := 0; b.Loop(); i++ {
		p.turns(i,
			func() { s.read(client, []string{"slipway.event.>"}, n, decode) },
			func() { s.readRaw(js, n) })
		s.touch()
	}
	p.report(s)
	b.ReportMetric(p.raw.at(50)/p.ours.at(50), "ratio")
	b.ReportMetric(float64(n)*1e6/p.ours.at(50), "ours-events/s")
	b.ReportMetric(float64(n)*1e6/p.raw.at(50), "raw-events/s")
}

// tell writes the log of many deployments and tells how long it is.
func (s *store) tell(n int) int {
	js := s.plain(s.within())
	_, err := longlog.Tell(longlog.Options{Events: n, Apps: 1000, Nodes: 4}, func(subject string, body []byte) error {
		_, err := js.PublishAsync(subject, body, jetstream.WithStallWait(bound))
		return err
	})
	must(s.b, err)
	<-js.PublishAsyncComplete()
	head, err := s.bus("head").Head(limit(s.b))
	must(s.b, err)
	if head.Seq < uint64(n) {
		s.b.Fatalf("%d of %d events are stored", head.Seq, n)
	}
	return int(head.Seq)
}

func decode(m service.Message) error {
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	if err == nil {
		err = e.Decode()
	}
	return err
}

// read reads by our reader until it has heard so many.
func (s *store) read(b *bus.Bus, filters []string, n int, each func(service.Message) error) {
	ctx, cancel := context.WithCancel(limit(s.b))
	defer cancel()
	heard := 0
	err := b.Read(ctx, events.Position{}, filters, service.Reader{Deliver: func(m service.Message) error {
		if heard++; heard == n {
			cancel()
		}
		return each(m)
	}})
	if heard < n {
		s.b.Fatalf("%d of %d events read: %v", heard, n, err)
	}
}

func (s *store) readRaw(js jetstream.JetStream, n int) {
	c, err := js.OrderedConsumer(limit(s.b), events.StreamEvents, jetstream.OrderedConsumerConfig{FilterSubjects: []string{"slipway.event.>"}})
	must(s.b, err)
	it, err := c.Messages()
	must(s.b, err)
	defer it.Stop()
	for range n {
		_, err := it.Next()
		must(s.b, err)
	}
}

// BenchmarkCatchUp: the same events found by one filter, by three and by 21 that
// match them together. One is what a service uses; ratio is its rate against that
// of 21.
func BenchmarkCatchUp(b *testing.B) {
	s := open(b, false)
	s.fill(caughtUp)
	client := s.bus("reader")
	of := map[int][]string{1: {"slipway.event.>"}}
	for _, n := range []int{3, 21} {
		of[n] = []string{events.Filter("", "deployer", "", "release", "paused")}
		for i := 1; i < n; i++ {
			of[n] = append(of[n], fmt.Sprintf("slipway.event.*.registry._.endpoint.e%d", i))
		}
	}
	took := map[int]*series{1: {}, 3: {}, 21: {}}
	for b.Loop() {
		for _, n := range []int{1, 3, 21} {
			took[n].time(func() { s.read(client, of[n], caughtUp, func(service.Message) error { return nil }) })
		}
		s.touch()
	}
	for n, t := range took {
		b.ReportMetric(caughtUp*1e6/t.at(50), fmt.Sprintf("filters-%d-events/s", n))
	}
	b.ReportMetric(took[21].at(50)/took[1].at(50), "ratio")
	b.ReportMetric(float64(len(*took[1])), "ours-n")
	s.report()
}
