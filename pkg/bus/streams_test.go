package bus

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
)

func TestEnsureMakesEveryStreamOnce(t *testing.T) {
	b := connectTest(t, startTest(t), "provisioner")
	made := ensure(t, b)
	if len(made) != len(events.Streams)+1 {
		t.Fatalf("made %d streams, want %d and the object store", len(made), len(events.Streams))
	}
	for _, c := range made {
		if !c.Created {
			t.Errorf("%s was not created", c.Stream)
		}
	}
	if again := ensure(t, b); len(again) != 0 {
		t.Errorf("the second run changed %+v", again)
	}
	si, err := b.streamInfo(limit(t), events.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	if c := si.Config; c.AllowRollup || c.AllowMsgTTL || c.AllowMsgSchedules || !c.DenyDelete || !c.DenyPurge || !c.AllowAtomicPublish || c.Discard != jetstream.DiscardNew {
		t.Errorf("the log's effective configuration: %+v", c)
	}
	var sum int64
	for _, c := range b.configs(Profile{Name: "dev"}) {
		if c.Storage == jetstream.FileStorage {
			sum += c.MaxBytes
		}
	}
	if sum > testStore {
		t.Errorf("the file streams reserve %d bytes of %d", sum, testStore)
	}
}

// bus-13, a stream's effective configuration unlike the declared one is refused.
func TestEnsureRefusesDriftAndRaisesSizes(t *testing.T) {
	b := openTest(t)
	si, err := b.streamInfo(limit(t), events.StreamWishes)
	if err != nil {
		t.Fatal(err)
	}
	short := si.Config
	short.MaxAge = time.Hour
	if _, err := b.js.UpdateStream(limit(t), short); err != nil {
		t.Fatal(err)
	}
	_, err = b.Ensure(limit(t), Profile{Name: "dev"})
	var drift *Drift
	if !errors.As(err, &drift) || drift.Stream != events.StreamWishes || len(drift.Differences) != 1 || !strings.HasPrefix(drift.Differences[0], "max_age ") {
		t.Fatalf("got %v, want the one field that differs", err)
	}
	after, err := b.streamInfo(limit(t), events.StreamWishes)
	if err != nil || after.Config.MaxAge != time.Hour {
		t.Fatalf("a stream that drifted was touched: %v %v", after.Config.MaxAge, err)
	}

	short.MaxAge = si.Config.MaxAge
	short.MaxBytes = sizeStep
	short.Description = "other words"
	if _, err := b.js.UpdateStream(limit(t), short); err != nil {
		t.Fatal(err)
	}
	changes := ensure(t, b)
	if len(changes) != 1 || len(changes[0].Changes) != 1 || !strings.HasPrefix(changes[0].Changes[0], "description ") {
		t.Fatalf("without a size asked for: %+v", changes)
	}
	changes, err = b.Ensure(limit(t), Profile{Name: "dev", StoreMax: testStore})
	if err != nil || len(changes) != 1 || !strings.HasPrefix(changes[0].Changes[0], "max_bytes 1048576 -> ") {
		t.Fatalf("with a size asked for: %+v %v", changes, err)
	}
}

func TestFoundedOnce(t *testing.T) {
	b := openTest(t)
	now := time.Now()
	first, err := b.Found(limit(t), events.ClusterFounded{Cluster: "one", Level: 1, Profile: "dev"}, now)
	if err != nil {
		t.Fatal(err)
	}
	if first.Pos != (events.Position{Era: 1, Seq: 1}) || first.Ordinal != 1 || first.Guard() != events.Guard("provisioner", "", "") {
		t.Fatalf("founded at %s: %+v", first.Pos, first)
	}
	twin := connectTest(t, b.id.Server, "twin")
	second, err := twin.Found(limit(t), events.ClusterFounded{Cluster: "two", Level: 1, Profile: "dev"}, now)
	if err != nil || second.Data.(events.ClusterFounded).Cluster != "one" {
		t.Fatalf("a second founding: %+v %v", second.Data, err)
	}
	if head, err := b.Head(limit(t)); err != nil || head != first.Pos {
		t.Fatalf("the log ends at %s %v", head, err)
	}
}
