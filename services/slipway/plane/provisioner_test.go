package plane

import (
	"context"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
)

// twoProvisioners run against one server until the test is over.
func twoProvisioners(t *testing.T) *bus.Bus {
	t.Helper()
	profile := bus.Profile{Name: "dev", StoreMax: 64 << 20}
	s, err := startServer(serverOptions(t.TempDir(), "127.0.0.1", 0, profile, zerolog.Nop()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var all []*crew
	t.Cleanup(func() {
		for _, c := range all {
			_ = c.stop(ctx)
		}
		stop()
		s.Shutdown()
	})
	for range 2 {
		h := &host{data: t.TempDir(), reach: bus.Identity{Server: s}, log: zerolog.Nop(), beats: newBeats()}
		if _, err := provision(ctx, h, profile); err != nil {
			t.Fatal(err)
		}
		c := start(ctx, h, []part{h.provisioner(provisions{profile: profile})})
		all = append(all, c)
		if err := c.caughtUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b, err := bus.Connect(t.Context(), bus.Identity{Name: "alice", Server: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// answered wishes and returns the answer.
func answered(t *testing.T, b *bus.Bus, data events.Payload, id string) events.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	before, err := b.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	at, err := b.Wish(ctx, events.NewWish("person:alice", data, time.Now(), id))
	if err != nil {
		t.Fatal(err)
	}
	e, err := b.Answer(ctx, at, before, events.Filter("", "provisioner", "", "consumer", ""))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// said counts the facts of the provisioner by what they are about.
func said(t *testing.T, b *bus.Bus) map[string]int {
	t.Helper()
	n := map[string]int{}
	log, err := b.Head(t.Context())
	if err == nil {
		err = b.Fetch(t.Context(), events.Filter("", "provisioner", "", "", ""), events.Position{}, log, func(m service.Message) error {
			k, _, _, err := events.ParseSubject(m.Subject)
			n[k.Name()]++
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTwoProvisionersDoNothingTwice(t *testing.T) {
	b := twoProvisioners(t)
	of := events.OfConsumer{Consumer: "mybot"}
	filters := []string{events.Filter("web", "", "", "", "")}
	if e := answered(t, b, events.WishIntegrationDeclared{OfConsumer: of, Filters: filters}, "w1"); e.Kind.Happened != "created" {
		t.Fatalf("%s: %s", e.Kind.Name(), e.Reason)
	}
	if all, err := b.Durables(t.Context()); err != nil || len(all) != 1 || all[0].Name != "mybot" {
		t.Errorf("%+v, %v", all, err)
	}
	if e := answered(t, b, events.WishIntegrationDeclared{OfConsumer: of, Filters: filters}, "w2"); e.Kind.Happened != "refused" || e.Data.(events.ConsumerRefused).Cause != "unchanged" {
		t.Errorf("again: %s: %s", e.Kind.Name(), e.Reason)
	}
	if e := answered(t, b, events.WishIntegrationWithdrawn{OfConsumer: of}, "w3"); e.Kind.Happened != "removed" {
		t.Errorf("%s: %s", e.Kind.Name(), e.Reason)
	}
	if all, err := b.Durables(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	if e := answered(t, b, events.WishIntegrationWithdrawn{OfConsumer: of}, "w4"); e.Kind.Happened != "refused" {
		t.Errorf("%s: %s", e.Kind.Name(), e.Reason)
	}
	counts := said(t, b)
	for what, want := range map[string]int{"cluster.founded": 1, "consumer.created": 1, "consumer.refused": 2, "consumer.removed": 1, "stream.created": len(events.Streams) + 1} {
		if counts[what] != want {
			t.Errorf("%s was said %d times, want %d", what, counts[what], want)
		}
	}
}
