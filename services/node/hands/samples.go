package hands

import (
	"context"
	"strconv"
	"sync"
	"time"

	"slipway.dev/pkg/samples"
	"slipway.dev/pkg/ship"
	"slipway.dev/services/node"
	"slipway.dev/services/node/driver"
)

// The families that instances are measured in.
var (
	cpuTotal   = samples.Metric{Name: "slipway_instance_cpu_seconds_total", Unit: "seconds", Help: "Processor time of an instance's processes, ended ones too."}
	workingSet = samples.Metric{Name: "slipway_instance_memory_bytes", Unit: "bytes", Help: "Working set of an instance's processes."}
)

// useMax is how old a word on an instance may be: its keeper stands still, and what it
// uses is unknown.
const useMax = 3 * driver.UseEvery

// teller tells what the node's instances use.
type teller struct {
	meter    driver.Meter
	set      *samples.Set
	recorder *samples.Recorder
	shipper  *ship.Shipper

	mu   sync.Mutex
	here map[*measured]bool
	over []*samples.Row // of instances that are watched no more
}

// measured is a try that is watched; rows are there while it is known what it uses.
type measured struct {
	id     string
	try    int
	labels []string
	use    driver.Use
	rows   []*samples.Row
}

func newTeller(c Config) *teller {
	t := &teller{meter: c.Meter, set: samples.NewSet(), here: map[*measured]bool{}}
	t.recorder = samples.NewRecorder(samples.Speaker{
		Kind: "node", Name: c.Node, Labels: map[string]string{"node": c.Node}, Period: driver.UseEvery,
	}, 0)
	t.shipper = ship.New(t.recorder)
	if c.Hearsay != nil {
		t.shipper.Use(c.Hearsay)
	}
	return t
}

// begin measures a try until end is called.
func (t *teller) begin(w node.Watch) (end func()) {
	m := &measured{id: w.ID, try: w.Try, labels: []string{
		"app", w.App, "release", strconv.Itoa(w.Release), "instance", w.ID, "job", w.App,
	}}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.here[m] = true
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.here, m)
		t.over = append(t.over, m.rows...)
	}
}

// start tells at each whole period until it is ended; without a meter never.
func (t *teller) start(ctx context.Context) (end func()) {
	if t.meter == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() {
		for {
			next := time.NewTimer(time.Until(time.Now().Truncate(driver.UseEvery).Add(driver.UseEvery)))
			select {
			case <-ctx.Done():
				next.Stop()
				return
			case now := <-next.C:
				t.tick(now)
			}
		}
	})
	return func() { cancel(); work.Wait() }
}

// tick is a whole period. Series that end are told what they were and, a moment later,
// that they are over.
func (t *teller) tick(now time.Time) {
	ended := t.look(now)
	t.recorder.Record(now, t.set.Take(now))
	if ended {
		t.recorder.Record(now, t.set.Take(now))
	}
	t.shipper.Ship()
}

// look asks what each instance uses, and tells whether series have ended.
func (t *teller) look(now time.Time) (ended bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	over := t.over
	t.over = nil
	for m := range t.here {
		u, err := t.meter.Use(m.id)
		if err != nil || u.Try != m.try || now.Sub(u.At) > useMax {
			over, m.rows = append(over, m.rows...), nil
			continue
		}
		if m.use = u; m.rows == nil {
			m.rows = t.rows(m)
		}
	}
	t.set.End(over...)
	return len(over) > 0
}

func (t *teller) rows(m *measured) []*samples.Row {
	return []*samples.Row{
		t.set.Rising(cpuTotal, func() (float64, bool) { return m.use.CPU.Seconds(), true }, m.labels...),
		t.set.Gauge(workingSet, func() (float64, bool) { return float64(m.use.MemoryBytes), true }, m.labels...),
	}
}
