package bus

import (
	"fmt"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/ship"
)

// batchesOf gives numbered batches of samples.
type batchesOf struct{ given, all int }

func (s *batchesOf) Next() (subject, id string, body []byte, ok bool) {
	if s.given == s.all {
		return "", "", nil, false
	}
	s.given++
	id = fmt.Sprintf("gateway/gw1-a/5f2c09ab/%d", s.given)
	body, err := events.EncodeTelemetry(events.Telemetry{
		ID: id, Source: "/slipway/gateway/gw1-a", Type: events.TypeSamples, Subject: "gateway/gw1-a", Time: time.Now(), Data: []byte(`{}`),
	})
	return events.SamplesSubject("gateway", "gw1-a"), id, body, err == nil
}

// Hearsay is stored once each, also where its answer was lost with the server.
func TestHearsayIsKeptOnceAcrossARestart(t *testing.T) {
	server := startTest(t)
	b := connectTest(t, server, "test")
	ensure(t, b)
	src := &batchesOf{all: 300}
	s := ship.New(src)
	s.Use(b)
	s.Ship()
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	await(t, "all to be kept", func() bool { s.Ship(); return src.given == src.all && s.Idle() })
	seen := map[string]int{}
	err := b.Telemetry(limit(t), "slipway.telemetry.gateway.>", time.Time{}, false, func(e events.Telemetry) error {
		seen[e.ID]++
		return nil
	})
	if err != nil || len(seen) != src.all || s.Refused() != 0 {
		t.Fatalf("%d of %d kept, %d refused: %v", len(seen), src.all, s.Refused(), err)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s is kept %d times", id, n)
		}
	}
}

func TestWhatTheStreamNeverTakesIsRefused(t *testing.T) {
	b := openTest(t)
	answers := make(chan ship.Outcome, 1)
	if !b.Hearsay(events.SamplesSubject("gateway", "gw1-a"), "1", make([]byte, 600<<10), func(o ship.Outcome) { answers <- o }) {
		t.Fatal("not taken")
	}
	select {
	case o := <-answers:
		if o != ship.Refused {
			t.Fatalf("outcome %d", o)
		}
	case <-limit(t).Done():
		t.Fatal("no answer")
	}
}
