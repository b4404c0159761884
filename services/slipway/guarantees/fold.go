package guarantees

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Options say what is measured.
type Options struct {
	App   string    // this one alone; empty: all
	Since time.Time // samples from then on; zero: all that are heard
}

// Fold measures every row by the facts and samples it hears.
type Fold struct {
	options  Options
	tallies  map[string]*tally // by row
	gauges   []gauge
	counters *counters
	said     said
	apps     map[string]bool
	from, to uint64
	began    time.Time // of the first event
}

// Before is how long before the time that is asked for the log should be heard: a release
// on its way then began within it, or is not judged.
const Before = 10 * time.Minute

// gauge makes samples of facts.
type gauge interface {
	hear(f *Fold, e events.Event)
	// standing adds what is overdue now and has not come.
	standing(f *Fold, now time.Time)
}

// NewFold has heard nothing.
func NewFold(o Options) *Fold {
	f := &Fold{options: o, tallies: map[string]*tally{}, counters: newCounters(), said: said{}, apps: map[string]bool{}}
	for _, r := range Rows {
		f.tallies[r.Name] = &tally{row: r}
	}
	f.gauges = []gauge{newRestarts(), newDrifts(), newPromotions(), newSwitches(), newTables(), &silences{}, newLosses(), f.counters}
	return f
}

// heard are the entities of which something is folded.
var heard = map[string]bool{
	"instance": true, "drift": true, "drill": true, "placement": true, "assignment": true, "release": true, "route": true,
	"endpoint": true, "pool": true, "routing": true, "lease": true, "brake": true, "guarantee": true, "gateway": true, "evacuation": true,
}

// unheard are kinds of these that say nothing to anybody here.
var unheard = map[string]bool{
	"instance.fetching": true, "instance.fetched": true, "instance.started": true, "instance.adopted": true,
	"release.started": true, "endpoint.registered": true, "route.paused": true, "route.resumed": true,
}

// HearsKind tells whether facts of a kind need be decoded at all.
func HearsKind(k events.Kind) bool { return heard[k.Entity] && !unheard[k.Name()] }

// Hear folds a fact, whose data must be decoded.
func (f *Fold) Hear(e events.Event) {
	f.Skip(e.Pos, e.At())
	if e.App != "" {
		f.apps[e.App] = true
	}
	for _, g := range f.gauges {
		g.hear(f, e)
	}
	f.said.hear(e)
}

// Skip passes over a fact nobody hears.
func (f *Fold) Skip(p events.Position, stored time.Time) {
	if f.to = p.Seq; f.from == 0 && !stored.Before(f.options.Since) {
		f.from, f.began = p.Seq, stored
	}
}

// Began is when the first event was stored that was measured; zero for none.
func (f *Fold) Began() time.Time { return f.began }

// Knows tells whether anything was said about an app.
func (f *Fold) Knows(app string) bool { return f.apps[app] }

// Apps are the names of all apps of which something was said, sorted.
func (f *Fold) Apps() []string { return service.Sorted(f.apps) }

// add takes a sample about an app, or about none.
func (f *Fold) add(row, app string, when time.Time, value float64, seq uint64, weight int) {
	if weight == 0 || f.options.App != "" && app != f.options.App || when.Before(f.options.Since) {
		return
	}
	f.tallies[row].add(value, seq, weight)
}

// late adds a sample of time.
func (f *Fold) late(row, app string, when time.Time, took time.Duration, seq uint64) {
	f.add(row, app, when, float64(max(0, took).Milliseconds()), seq, 1)
}

// Read is how every row stands at a moment, in the order of Rows, then what participants
// said of promises of their own. It is asked once, after everything was heard.
func (f *Fold) Read(now time.Time) (all []Guarantee) {
	for _, g := range f.gauges {
		g.standing(f, now)
	}
	for _, r := range Rows {
		all = append(all, f.tallies[r.Name].read())
	}
	if f.options.App == "" {
		all = append(all, f.said.read()...)
	}
	for i := range all {
		all[i].From, all[i].To, all[i].App = f.from, f.to, f.options.App
	}
	return all
}

// said are the promises that participants said to be broken, by participant, name and key.
type said map[string]*word

type word struct {
	of       events.OfGuarantee
	detail   string
	times    int
	broken   bool
	evidence []uint64
}

func (s said) hear(e events.Event) {
	switch d := e.Data.(type) {
	case events.GuaranteeViolated:
		w := s[keyOf(d.OfGuarantee)]
		if w == nil {
			w = &word{of: d.OfGuarantee}
			s[keyOf(d.OfGuarantee)] = w
		}
		w.detail, w.broken, w.times = d.Detail, true, w.times+1
		w.evidence = append(w.evidence[max(0, len(w.evidence)+1-evidenceMax):], e.Pos.Seq)
	case events.GuaranteeRestored:
		if w := s[keyOf(d.OfGuarantee)]; w != nil {
			w.broken = false
		}
	}
}

func keyOf(of events.OfGuarantee) string { return of.Participant + "/" + of.Name + "/" + of.Key }

// read tells of each promise that was ever broken; one that holds again holds.
func (s said) read() (all []Guarantee) {
	for _, key := range service.Sorted(s) {
		w := s[key]
		broken := 0.0
		if w.broken {
			broken = 1
		}
		all = append(all, Guarantee{
			ID: key, Participant: w.of.Participant, Claim: "its promise " + w.of.Name + ": " + w.detail,
			Bound: Bound{"=", 0, "facts"}, Measured: &Figure{broken, "facts"}, Holds: Holds(!w.broken),
			Samples: w.times, Evidence: w.evidence, Check: "guarantee.violated without a guarantee.restored after it",
		})
	}
	return all
}
