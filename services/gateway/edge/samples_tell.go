package edge

import (
	"context"
	"sync"
	"time"

	"slipway.dev/pkg/samples"
	"slipway.dev/pkg/ship"
	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/proxy"
)

// tellEvery is the period of samples, on the whole second, and how long a record waits
// at most.
const tellEvery = time.Second

// lastWords is how long a gateway that leaves waits for its last batches to be kept.
const lastWords = 500 * time.Millisecond

// teller counts and records what the proxy answers and ships it.
type teller struct {
	meters   *meters
	access   *accessLog
	recorder *samples.Recorder
	shippers []*ship.Shipper
	loads    func() []proxy.Load

	once sync.Once
	stop context.CancelFunc
	work sync.WaitGroup
	turn sync.Mutex // one tick at a time
}

// newTeller ships to a bus, with rings of so many bytes; 0 is what is usual.
func newTeller(name string, bus ship.Bus, ring int) *teller {
	if ring <= 0 {
		ring = accessRing
	}
	t := &teller{meters: newMeters(), access: newAccessLog(name, ring), stop: func() {}}
	t.recorder = samples.NewRecorder(samples.Speaker{
		Kind: gateway.Owner, Name: name, Labels: map[string]string{"gateway": name}, Period: tellEvery,
	}, ring)
	for _, source := range []ship.Source{t.recorder, t.access} {
		s := ship.New(source)
		s.Use(bus)
		t.shippers = append(t.shippers, s)
	}
	return t
}

// Attempted is proxy.Observer's.
func (t *teller) Attempted(a proxy.Attempt) {
	if a.Outcome == proxy.OutcomeDial {
		t.meters.dialFailed(a)
	}
}

// Answered is proxy.Observer's.
func (t *teller) Answered(r proxy.Record) {
	t.meters.answered(&r)
	if !r.Thinned {
		t.access.put(&r)
	}
}

// begin starts to tell, once: when the first listener opens.
func (t *teller) begin() {
	t.once.Do(func() {
		var ctx context.Context
		ctx, t.stop = context.WithCancel(context.Background())
		t.work.Go(func() { t.run(ctx) })
	})
}

func (t *teller) run(ctx context.Context) {
	for {
		next := time.NewTimer(time.Until(time.Now().Truncate(tellEvery).Add(tellEvery)))
		select {
		case <-ctx.Done():
			next.Stop()
			return
		case <-t.access.full:
			next.Stop()
			t.access.write()
			t.ship()
		case now := <-next.C:
			t.tick(now)
		}
	}
}

// tick is a whole second.
func (t *teller) tick(now time.Time) {
	t.turn.Lock()
	defer t.turn.Unlock()
	t.recorder.Record(now, t.meters.look(t.loads(), now))
	t.access.write()
	t.ship()
}

func (t *teller) ship() {
	for _, s := range t.shippers {
		s.Ship()
	}
}

// finish tells all there is and waits a moment until it is kept.
func (t *teller) finish() {
	t.tick(time.Now())
	for end := time.Now().Add(lastWords); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		idle := true
		for _, s := range t.shippers {
			idle = idle && s.Idle()
		}
		if idle {
			return
		}
	}
}

func (t *teller) end() {
	t.once.Do(func() {}) // it begins no more
	t.stop()
	t.work.Wait()
}
