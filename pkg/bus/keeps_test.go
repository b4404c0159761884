package bus

import (
	"testing"

	"github.com/nats-io/nats.go"

	"slipway.dev/events"
)

// What the log has it keeps, on one server and on three.
func TestLogKeepsWhatItHas(t *testing.T) {
	t.Run("bus-14 R1: rollup, TTL, schedule, purge and delete on the log are refused", func(t *testing.T) {
		keeps(t, openTest(t))
	})
	t.Run("bus-14 R3: rollup, TTL, schedule, purge and delete on the log are refused", func(t *testing.T) {
		if testing.Short() {
			t.Skip("three servers")
		}
		b := startTrio(t).connect(t, "test")
		if si, err := b.streamInfo(limit(t), events.StreamEvents); err != nil || si.Config.Replicas != 3 {
			t.Fatalf("%d replicas (%v)", si.Config.Replicas, err)
		}
		keeps(t, b)
	})
}

func keeps(t *testing.T, b *Bus) {
	t.Helper()
	r := say(t, b, 0, fact(1, ""))
	for header, value := range map[string]string{
		"Nats-Rollup": "all", "Nats-TTL": "1s", "Nats-Schedule": "@at 2030-01-01T00:00:00Z",
	} {
		m := nats.NewMsg("slipway.event._.provisioner._.cluster.restored")
		m.Header.Set(header, value)
		if header == "Nats-Schedule" {
			m.Header.Set("Nats-Schedule-Target", fact(1, "").StreamSubject())
		}
		_, err := b.publish(limit(t), m)
		if o, code := judge(err); o != refused {
			t.Errorf("%s: outcome %d, code %d, %v", header, o, code, err)
		}
	}
	s, err := b.js.Stream(limit(t), events.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(limit(t)); err == nil {
		t.Error("the log was purged")
	}
	if err := s.DeleteMsg(limit(t), r.Last.Seq); err == nil {
		t.Error("an event was deleted")
	}
	if i, err := b.Info(limit(t)); err != nil || i.Last != r.Last || i.Deleted != 0 {
		t.Errorf("after all: %+v %v", i, err)
	}
}
