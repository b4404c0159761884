package hands_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/ship"
	"slipway.dev/services/metrics"
	"slipway.dev/services/metrics/hands"
)

// bus keeps what it is told and answers at once; the first so many answers stay away.
type bus struct {
	mu      sync.Mutex
	keeps   []events.Telemetry
	ids     []string
	unknown int
}

func (b *bus) Telemetry(_ context.Context, filter string, since time.Time, _ bool, fn func(events.Telemetry) error) error {
	for _, t := range b.keeps {
		if (filter == metrics.Windows) == (t.Type == events.TypeLoad) && filter != metrics.Samples[1] && !t.Time.Before(since) {
			if err := fn(t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bus) Hearsay(subject, id string, body []byte, done func(ship.Outcome)) bool {
	t, err := events.ParseTelemetry(body)
	if err != nil || t.ID != id || subject != events.LoadSubject("web") {
		panic(fmt.Sprint(subject, id, t, err))
	}
	b.mu.Lock()
	b.ids = append(b.ids, id)
	o := ship.Kept
	if b.unknown > 0 {
		b.unknown--
		o = ship.Unknown
	}
	b.mu.Unlock()
	go done(o)
	return true
}

func telemetry(t *testing.T, kind string, at time.Time, data any) events.Telemetry {
	t.Helper()
	body, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return events.Telemetry{ID: "x", Source: "/slipway/gateway/gw1-a", Type: kind, Time: at, Data: body}
}

// What the stream has kept is sensed before the hands are ready, the windows first; what
// is too old is not read.
func TestTheStreamIsReadBackFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		batch := events.Samples{Boot: "b", Seq: 1, Base: now, OffsetsMs: []int64{0}, Families: []events.Family{}}
		b := &bus{keeps: []events.Telemetry{
			telemetry(t, events.TypeSamples, now.Add(-time.Hour), batch),
			telemetry(t, events.TypeSamples, now.Add(-time.Minute), batch),
			telemetry(t, events.TypeSamples, now.Add(-time.Minute), "nonsense"),
			telemetry(t, events.TypeLoad, now.Add(-time.Minute), events.Load{App: "web"}),
		}}
		ctx, cancel := context.WithCancel(t.Context())
		var heard []string
		sense := func(s service.Signal) { heard = append(heard, fmt.Sprintf("%T", s.Data)) }
		ended := make(chan error)
		go func() {
			ended <- hands.New(b, zerolog.Nop()).Watch(ctx, sense, func() { heard = append(heard, "ready") })
		}()
		synctest.Wait()
		if want := []string{"metrics.Stored", "metrics.Told", "ready"}; !slices.Equal(heard, want) {
			t.Errorf("%v, want %v", heard, want)
		}
		b.keeps = append(b.keeps, telemetry(t, events.TypeSamples, now.Add(time.Second), batch))
		time.Sleep(3 * time.Second)
		if want := "metrics.Told"; len(heard) != 4 || heard[3] != want {
			t.Errorf("%v, then %s", heard, want)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// An act is done when the stream has every window, in order; one without an answer is
// sent again.
func TestWindowsArePublishedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, done := &bus{unknown: 1}, make(chan service.Signal, 1)
		h := hands.New(b, zerolog.Nop())
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- h.Watch(ctx, func(s service.Signal) { done <- s }, func() {}) }()
		var windows []events.Load
		for i := range 3 {
			windows = append(windows, events.Load{App: "web", Release: 7, From: time.Unix(int64(100+i), 0)})
		}
		h.Do(ctx, service.Act{ID: "load/4", Data: metrics.Publish{Windows: windows}})
		if s := <-done; s.Data != (metrics.Published{Act: "load/4"}) {
			t.Errorf("%+v", s)
		}
		if want := []string{"load/web/7/100", "load/web/7/101", "load/web/7/102", "load/web/7/100"}; !slices.Equal(b.ids, want) {
			t.Errorf("%v, want %v", b.ids, want)
		}
		cancel()
		<-ended
	})
}
