package samples

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"slipway.dev/events"
)

// Ring is how much waits while nobody takes batches, in bytes of memory, roughly.
const Ring = 16 << 20

// Speaker is whose samples they are.
type Speaker struct {
	Kind   string            // node, gateway, service
	Name   string            // n1, gw1-a, registry
	Labels map[string]string // common to all series
	Period time.Duration     // between two ticks
}

// Recorder keeps ticks until they are taken as batches. It may be used from many
// goroutines.
type Recorder struct {
	who  Speaker
	boot string
	ring int

	mu    sync.Mutex
	seq   uint64
	ticks []tick
	bytes int
	lost  *events.LostSamples
	ready []events.Samples // packed, not taken
}

type tick struct {
	at    time.Time
	list  []Sample
	bytes int
}

// NewRecorder is of this start of the process; ring 0 is Ring.
func NewRecorder(who Speaker, ring int) *Recorder {
	if ring <= 0 {
		ring = Ring
	}
	var b [4]byte
	rand.Read(b[:]) // never fails
	return &Recorder{who: who, boot: hex.EncodeToString(b[:]), ring: ring}
}

// Boot names this start.
func (r *Recorder) Boot() string { return r.boot }

// tickBytes is what a tick takes beside its samples: one of an idle process has none.
const tickBytes = 64

// Record keeps a take, made at a time. An empty one is told too: whoever adds up many
// speakers must know that this one has counted nothing. Where the ring is full the oldest
// ticks go.
func (r *Recorder) Record(at time.Time, list []Sample) {
	t := tick{at: at.UTC().Truncate(time.Millisecond), list: list, bytes: tickBytes}
	for _, x := range list {
		t.bytes += x.bytes()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.ticks); n > 0 {
		t.at = after(r.ticks[n-1].at, t.at)
	}
	r.ticks, r.bytes = append(r.ticks, t), r.bytes+t.bytes
	for r.bytes > r.ring && len(r.ticks) > 1 {
		r.drop()
	}
}

// after is a time that comes after the last one, unless the clock was set back.
func after(last, now time.Time) time.Time {
	if behind := last.Sub(now); behind >= 0 && behind < time.Second {
		return last.Add(time.Millisecond)
	}
	return now
}

func (r *Recorder) drop() {
	t := r.ticks[0]
	r.shift(1)
	if r.lost == nil {
		r.lost = &events.LostSamples{From: t.at}
	}
	r.lost.To = t.at
	r.lost.Batches++
}

func (r *Recorder) shift(n int) {
	for i := range n {
		r.bytes -= r.ticks[i].bytes
		r.ticks[i] = tick{}
	}
	r.ticks = r.ticks[n:]
}

// Waiting is how many bytes wait, roughly.
func (r *Recorder) Waiting() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes
}

// Next is the next message: its subject, id and body. ok is false when nothing waits.
func (r *Recorder) Next() (subject, id string, body []byte, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if len(r.ready) == 0 && !r.pack() {
			return "", "", nil, false
		}
		s := r.ready[0]
		r.ready = r.ready[1:]
		id, body, err := r.encode(s)
		if err == nil { // plain structs: an error cannot be
			return events.SamplesSubject(r.who.Kind, r.who.Name), id, body, true
		}
	}
}

// pack makes batches of the oldest ticks.
func (r *Recorder) pack() bool {
	if len(r.ticks) == 0 {
		return false
	}
	n := 1
	for n < min(len(r.ticks), events.MaxSampleTimes) && r.ticks[n].at.After(r.ticks[n-1].at) {
		n++
	}
	r.ready = batches(r.ticks[:n])
	r.shift(n)
	for i := range r.ready {
		r.seq++
		b := &r.ready[i]
		b.Boot, b.Seq, b.PeriodMs, b.Labels = r.boot, r.seq, r.who.Period.Milliseconds(), r.who.Labels
	}
	if len(r.ready) > 0 {
		r.ready[0].Lost, r.lost = r.lost, nil
	}
	return true
}

func (r *Recorder) encode(s events.Samples) (id string, body []byte, err error) {
	data, err := json.Marshal(s)
	if err != nil {
		return "", nil, fmt.Errorf("encode samples: %w", err)
	}
	about := r.who.Kind + "/" + r.who.Name
	id = fmt.Sprintf("%s/%s/%d", about, r.boot, s.Seq)
	body, err = events.EncodeTelemetry(events.Telemetry{
		ID: id, Source: "/slipway/" + about, Type: events.TypeSamples, Subject: about,
		Time: s.Times()[len(s.OffsetsMs)-1], Data: data,
	})
	return id, body, err
}
