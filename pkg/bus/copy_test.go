package bus

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// copied is a copy of a stream and what it says of itself.
func copied(t *testing.T, b *Bus, stream string) (StreamCopy, []byte) {
	t.Helper()
	var to bytes.Buffer
	c, err := b.CopyStream(limit(t), stream, &to)
	if err != nil {
		t.Fatal(err)
	}
	return c, to.Bytes()
}

func read(t *testing.T, c StreamCopy, from []byte) (all []service.Message) {
	t.Helper()
	err := ReadCopy(bytes.NewReader(from), c.Era, func(m service.Message) error { all = append(all, m); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The copy of a stream that is being written to holds what it held when the copy
// began, and makes a stream of the same sequences, times, headers and bytes.
func TestAStreamIsMadeAgainFromItsCopy(t *testing.T) {
	b := openTest(t)
	say(t, b, 0, facts(1, 5)...)
	said, halt := make(chan error, 1), make(chan struct{})
	go func() {
		for n := uint64(6); ; n++ {
			select {
			case <-halt:
				said <- nil
				return
			default:
			}
			if _, err := b.Append(t.Context(), testGuard, n-1, []events.Event{fact(n, strings.Repeat("x", 4000))}); err != nil {
				said <- err
				return
			}
		}
	}()
	await(t, "a writer to be at work", func() bool { at, _ := b.Head(limit(t)); return at.Seq > 200 })
	c, from := copied(t, b, events.StreamEvents)
	close(halt)
	if err := <-said; err != nil {
		t.Fatal(err)
	}
	all := read(t, c, from)
	if c.First != 1 || c.Last < 200 || c.Messages != c.Last || uint64(len(all)) != c.Messages || all[len(all)-1].Pos.Seq != c.Last {
		t.Fatalf("%d messages, copy of %d from %d to %d", len(all), c.Messages, c.First, c.Last)
	}
	other := connectTest(t, startTest(t), "other")
	if err := other.RestoreStream(limit(t), c, 1, 2, bytes.NewReader(from)); err != nil {
		t.Fatal(err)
	}
	ensure(t, other)
	again, same := copied(t, other, events.StreamEvents)
	if again.Era = c.Era; !reflect.DeepEqual(read(t, again, same), all) {
		t.Errorf("%d of %d messages, or they differ", again.Messages, c.Messages)
	}
	if info, err := other.Info(limit(t)); err != nil || info.Era != 2 || info.Deleted != 0 || info.Last.Seq != c.Last {
		t.Errorf("%+v, %v", info, err)
	}
	say(t, other, c.Last, fact(c.Last+1, "on it goes"))
}

// What a stream has let go stays away, and its sequences are not given again.
func TestACopyKeepsTheHolesOfAStream(t *testing.T) {
	b := openTest(t)
	if err := b.PutObject(limit(t), "a", strings.NewReader(strings.Repeat("artifact ", 40_000)), -1); err != nil {
		t.Fatal(err)
	}
	if err := b.DeleteObject(limit(t), "a"); err != nil {
		t.Fatal(err)
	}
	if err := b.PutObject(limit(t), "b", strings.NewReader("artifact"), 8); err != nil {
		t.Fatal(err)
	}
	c, from := copied(t, b, objectStream)
	if c.Messages >= c.Last {
		t.Fatalf("no hole: %+v", c)
	}
	other := connectTest(t, startTest(t), "other")
	if err := other.RestoreStream(limit(t), c, 1, c.Era, bytes.NewReader(from)); err != nil {
		t.Fatal(err)
	}
	again, same := copied(t, other, objectStream)
	if again.Messages != c.Messages || again.Last != c.Last || !reflect.DeepEqual(read(t, again, same), read(t, c, from)) {
		t.Errorf("%+v, want %+v", again, c)
	}
	if r, err := other.GetObject(limit(t), "b"); err != nil {
		t.Error(err)
	} else {
		r.Close()
	}
}

// A copy that was cut anywhere, or in which a byte is another one, is told from a
// whole one.
func TestATornCopyIsRefused(t *testing.T) {
	b := openTest(t)
	say(t, b, 0, facts(1, 20)...)
	c, from := copied(t, b, events.StreamEvents)
	for _, at := range []int{0, 1, 10, len(from) / 2, len(from) - 1} {
		torn := ReadCopy(bytes.NewReader(from[:at]), c.Era, func(service.Message) error { return nil })
		altered := bytes.Clone(from)
		altered[at] ^= 0xff
		changed := ReadCopy(bytes.NewReader(altered), c.Era, func(service.Message) error { return nil })
		if !errors.Is(torn, ErrTorn) || !errors.Is(changed, ErrTorn) {
			t.Errorf("at %d of %d: cut %v, altered %v", at, len(from), torn, changed)
		}
	}
	if err := b.RestoreStream(limit(t), c, 1, 2, bytes.NewReader(from)); err == nil {
		t.Error("restored over a stream that is there")
	}
}

// Some servers refuse a restore when they are asked, some once they have read the copy.
func TestWhyARestoreIsRefusedHasAName(t *testing.T) {
	for answer, want := range map[string]error{
		`{"error":{"code":500,"err_code":10047}}`: ErrNoStore,
		`{"error":{"code":400,"err_code":10005}}`: ErrNoStore,
		`{"error":{"code":500,"err_code":10130}}`: ErrThere,
	} {
		if err := restoreRefused(fmt.Errorf("hand over: %w", refusal([]byte(answer)))); !errors.Is(err, want) {
			t.Errorf("%s is %v", answer, err)
		}
	}
}

// A restored log says so itself, under the guard of who founded it.
func TestARestoredLogSaysSo(t *testing.T) {
	b := openTest(t)
	founded, err := b.Found(limit(t), events.ClusterFounded{Cluster: "c", Level: 1, Profile: "dev"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	e, err := b.Restored(limit(t), events.ClusterRestored{Position: "1:1", Era: 2, TakenAt: time.Unix(1_700_000_000, 0)}, time.Now())
	if err != nil || e.Ordinal != founded.Ordinal+1 || e.Pos.Seq != 2 || !strings.Contains(e.Reason, "2023-11-14T22:13:20Z at 1:1") {
		t.Errorf("%+v, %v", e, err)
	}
}

// The leader among three servers hands out the copy, whichever of them is asked; one
// server alone makes a stream from it.
func TestACopyOfThreeServersMakesAStreamOnOne(t *testing.T) {
	c := startTrio(t)
	b := c.connect(t, "test")
	say(t, b, 0, facts(1, 20)...)
	of, from := copied(t, b, events.StreamEvents)
	other := connectTest(t, startTest(t), "other")
	if err := other.RestoreStream(limit(t), of, 1, 2, bytes.NewReader(from)); err != nil {
		t.Fatal(err)
	}
	if info, err := other.Info(limit(t)); err != nil || info.Last.Seq != 20 || len(read(t, of, from)) != 20 {
		t.Errorf("%+v, %v", info, err)
	}
	ensure(t, other)
}
