package bus

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
)

func TestADurableIsMadeOnceAndKeepsItsPlace(t *testing.T) {
	b := openTest(t)
	say(t, b, 0, facts(1, 2)...)
	d := Durable{
		Name: "mybot", Filters: []string{"slipway.event.web.>"}, Wish: "1:4", MaxAckPending: 100,
		BackOff: []time.Duration{time.Second, time.Minute}, IdleAfter: time.Hour,
	}
	made, err := b.MakeDurable(limit(t), d)
	if err != nil || made.From != "1:1" || made.Pending != 2 {
		t.Fatalf("%+v, %v", made, err)
	}
	ackOne(t, b, "mybot")
	again, err := b.MakeDurable(limit(t), d)
	if err != nil || again.From != "1:1" || again.Acked != 1 {
		t.Fatalf("made again: %+v, %v", again, err)
	}
	d.Wish, d.Filters = "1:5", []string{"slipway.event.api.>", "slipway.event.web.>"}
	other, err := b.MakeDurable(limit(t), d)
	if err != nil || other.Wish != "1:5" || other.From != "1:1" || other.Acked != 1 || !slices.Equal(other.Filters, d.Filters) {
		t.Fatalf("with other filters: %+v, %v", other, err)
	}
	d.Name, d.Since = "late", time.Now()
	say(t, b, 2, facts(3, 1)...)
	if late, err := b.MakeDurable(limit(t), d); err != nil || late.From != "1:3" {
		t.Errorf("from now on: %+v, %v", late, err)
	}
	if all, err := b.Durables(limit(t)); err != nil || len(all) != 2 || all[0].Name != "late" {
		t.Errorf("listed %+v, %v", all, err)
	}
	for range 2 {
		if err := b.DropDurable(limit(t), "mybot"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Durable(limit(t), "mybot"); !errors.Is(err, ErrNoDurable) {
		t.Errorf("after its end: %v", err)
	}
}

// ackOne reads one message and acknowledges it.
func ackOne(t *testing.T, b *Bus, name string) {
	t.Helper()
	c, err := b.js.Consumer(limit(t), events.StreamEvents, name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Next(jetstream.FetchMaxWait(bound))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.DoubleAck(limit(t)); err != nil {
		t.Fatal(err)
	}
}

func TestAConsumerWithoutOurMarkIsLeftAlone(t *testing.T) {
	b := openTest(t)
	theirs := jetstream.ConsumerConfig{Durable: "theirs", AckPolicy: jetstream.AckExplicitPolicy}
	if _, err := b.js.CreateConsumer(limit(t), events.StreamEvents, theirs); err != nil {
		t.Fatal(err)
	}
	d := Durable{Name: "theirs", Filters: []string{"slipway.event.>"}, Wish: "1:1"}
	if _, err := b.MakeDurable(limit(t), d); !errors.Is(err, ErrForeign) {
		t.Errorf("made: %v", err)
	}
	if err := b.DropDurable(limit(t), "theirs"); !errors.Is(err, ErrForeign) {
		t.Errorf("dropped: %v", err)
	}
	if all, err := b.Durables(limit(t)); err != nil || len(all) != 0 {
		t.Errorf("listed %+v, %v", all, err)
	}
}

func TestTheServersNoIsToldFromItsAbsence(t *testing.T) {
	b := openTest(t)
	_, err := b.MakeDurable(limit(t), Durable{Name: "x", Filters: []string{"slipway.event.>", "slipway.event.web.>"}, Wish: "1:1"})
	if !errors.Is(err, ErrRefused) {
		t.Errorf("filters that overlap: %v", err)
	}
	if err := sayNo(ErrNoStream); errors.Is(err, ErrRefused) || !errors.Is(err, ErrNoStream) {
		t.Errorf("no stream: %v", err)
	}
	full := fmt.Errorf("make: %w", &jetstream.APIError{Code: badRequest, ErrorCode: noRoom})
	if err := sayNo(full); !errors.Is(err, ErrNoRoom) {
		t.Errorf("no room: %v", err)
	}
}

// The level of a log is what its founder read, until it is raised.
func TestLevelOfTheLog(t *testing.T) {
	b := openTest(t)
	first, err := b.Found(limit(t), events.ClusterFounded{Cluster: "c1", Level: 1, Profile: "dev"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if l, err := b.Level(limit(t)); err != nil || l != 1 {
		t.Errorf("founded at 1: %d, %v", l, err)
	}
	guard, d := events.Guard(provisioner, "", ""), events.LevelRaised{Level: 7}
	id := events.ID(guard, 2)
	e := events.Event{
		ID: id, Source: provisionerPlace, Kind: events.KindOf(d), Subject: d.About().Subject,
		Time: time.Now().UTC(), Correlation: id, Actor: provisionerSays, Ordinal: 2, Data: d,
	}
	if _, err := b.Append(limit(t), guard, first.Pos.Seq, []events.Event{e}); err != nil {
		t.Fatal(err)
	}
	if l, err := b.Level(limit(t)); err != nil || l != 7 {
		t.Errorf("raised to 7: %d, %v", l, err)
	}
}

func TestShapesAreThoseOfTheStreamsThereAre(t *testing.T) {
	b := openTest(t)
	all, err := b.Shapes(limit(t))
	if err != nil || len(all) != len(events.Streams)+1 {
		t.Fatalf("%d shapes, %v", len(all), err)
	}
	for name, s := range all {
		if s.CreatedAt.IsZero() || s.MaxBytes == 0 || s.Replicas != 1 || len(s.Subjects) == 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
