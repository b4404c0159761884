package guarantees

import (
	"encoding/json"
	"maps"
	"sort"
	"strconv"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/samples"
)

// The families of a gateway's samples that are read.
const (
	answered = "slipway_requests_total"
	splitOf  = "slipway_split_requests_total"
)

// counters are what gateways counted: rows 3 and 4. Facts tell what it means, so
// samples are judged when all have been heard.
type counters struct {
	windows  []window // in which releases replaced others
	shares   map[shareKey]share
	boots    map[string]*bootOf
	answers  map[string][]answers // by app
	prefixes []prefix
}

// shareKey is a canary's share of an app's requests from a generation of its route on.
type shareKey struct {
	app                 string
	release, generation int
}

type share struct {
	bp  int
	seq uint64
}

// bootOf is one process of a gateway.
type bootOf struct {
	began bool               // it was heard from its first batch on
	since time.Time          // it was heard first
	more  bool               // the next batch has other series of the same times
	last  map[string]float64 // by series of answers

	answered map[releaseKey]float64 // in all, now
	before   map[releaseKey]float64 // a tick ago: by then each of them had been split
	base     map[releaseKey]float64 // when it first had a share
	split    map[shareKey]float64   // requests split of a share
}

func newBoot(first bool, now time.Time) *bootOf {
	return &bootOf{
		began: first, since: now, last: map[string]float64{}, answered: map[releaseKey]float64{}, before: map[releaseKey]float64{},
		base: map[releaseKey]float64{}, split: map[shareKey]float64{},
	}
}

// answers are what was answered up to a moment, since the one before.
type answers struct {
	at            time.Time
	total, failed float64
}

// prefix is what a canary had answered at a gateway, and of how many requests its shares
// were to be taken by then.
type prefix struct {
	of    releaseKey
	at    time.Time
	got   float64
	split map[int]float64 // by generation of the share
}

func newCounters() *counters {
	return &counters{shares: map[shareKey]share{}, boots: map[string]*bootOf{}, answers: map[string][]answers{}}
}

func (c *counters) hear(_ *Fold, e events.Event) {
	switch d := e.Data.(type) {
	case events.RouteDeclared:
		c.shared(d.OfRoute, d.Route, e)
	case events.RouteShifted:
		c.shared(d.OfRoute, d.Route, e)
	}
}

// shared notes the shares of a route beside the first, which is the stable release's.
func (c *counters) shared(of events.OfRoute, r events.Route, e events.Event) {
	for i, s := range r.Shares {
		if i > 0 {
			c.shares[shareKey{of.App, s.Release, of.Generation}] = share{s.ShareBp, e.Pos.Seq}
		}
	}
}

// HearSamples folds one message of SLIPWAY_TELEMETRY; what is no gateway's is passed over.
func (f *Fold) HearSamples(t events.Telemetry) {
	gateway, ok := strings.CutPrefix(t.Subject, "gateway/")
	var s events.Samples
	if !ok || t.Type != events.TypeSamples || json.Unmarshal(t.Data, &s) != nil || s.Check() != nil {
		return
	}
	key := gateway + "/" + s.Boot
	b := f.counters.boots[key]
	if b == nil {
		b = newBoot(s.Seq == 1, s.Times()[0])
		f.counters.boots[key] = b
	}
	f.counters.batch(b, s)
}

// batch takes one moment after the other: what stands beside it in another series is of
// the same moment then.
func (c *counters) batch(b *bootOf, s events.Samples) {
	whole := !s.More && !b.more
	b.more = s.More
	for i, when := range s.Times() {
		touched := map[releaseKey]bool{}
		for _, family := range s.Families {
			for _, x := range family.Series {
				if i >= len(x.V) || x.V[i].IsAbsent() || x.V[i].IsStale() {
					continue
				}
				switch v := float64(x.V[i]); family.Name {
				case answered:
					c.answered(b, x.Labels, when, v)
				case splitOf:
					touched[b.splits(x.Labels, v)] = true
				}
			}
		}
		for of := range touched {
			if whole {
				c.prefixes = append(c.prefixes, b.prefix(of, when))
			}
		}
		maps.Copy(b.before, b.answered)
	}
}

// whole tells whether a series that is told first at a moment began at zero then: all
// that there was before would have been told.
func (b *bootOf) whole(when time.Time) bool {
	return b.began || when.After(b.since.Add(samples.WholeEvery+2*tick))
}

// answered counts a rise.
func (c *counters) answered(b *bootOf, labels map[string]string, when time.Time, v float64) {
	key := strings.Join([]string{labels["app"], labels["release"], labels["endpoint"], labels["class"], labels["cause"]}, "\x00")
	last, known := b.last[key]
	b.last[key] = v
	if !known && !b.whole(when) || v <= last {
		return
	}
	release, _ := strconv.Atoi(labels["release"])
	b.answered[releaseKey{labels["app"], release}] += v - last
	a := answers{at: when, total: v - last}
	if labels["cause"] == "gateway" && labels["class"] == "5xx" {
		a.failed = a.total
	}
	c.answers[labels["app"]] = append(c.answers[labels["app"]], a)
}

// splits notes how many requests a canary's share was taken of.
func (b *bootOf) splits(labels map[string]string, v float64) releaseKey {
	release, _ := strconv.Atoi(labels["release"])
	generation, _ := strconv.Atoi(labels["generation"])
	of := releaseKey{labels["app"], release}
	if _, had := b.base[of]; !had {
		b.base[of] = b.before[of]
	}
	b.split[shareKey{of.app, release, generation}] = v
	return of
}

// prefix is how a canary stands. What it had answered a tick ago is compared, since what
// is read a moment later may have been split a moment later.
func (b *bootOf) prefix(of releaseKey, when time.Time) prefix {
	p := prefix{of: of, at: when, got: b.before[of] - b.base[of], split: map[int]float64{}}
	for key, n := range b.split {
		if key.app == of.app && key.release == of.release {
			p.split[key.generation] = n
		}
	}
	return p
}

// fullBp is the whole in basis points.
const fullBp = 10_000

// standing judges what was counted, now that the facts are known.
func (c *counters) standing(f *Fold, _ time.Time) {
	for _, p := range c.prefixes {
		if due, seq, known := c.due(p); known {
			f.add(canaryShare, p.of.app, p.at, max(0, p.got-due), seq, 1) // less than its share is nothing beyond it
		}
	}
	for _, w := range c.windows {
		total, failed := c.during(w)
		if total > 0 {
			f.add(switchLost, w.app, w.to, failed, w.seq, int(total))
		}
	}
}

// due is how many requests a canary was to get at most, and the route that gave it the
// last of its shares.
func (c *counters) due(p prefix) (due float64, seq uint64, known bool) {
	for generation, n := range p.split {
		s, told := c.shares[shareKey{p.of.app, p.of.release, generation}]
		if !told {
			return 0, 0, false
		}
		due, seq = due+n*float64(s.bp)/fullBp, max(seq, s.seq)
	}
	return due, seq, due > 0
}

// tick is how often gateways count.
const tick = time.Second

// during is what was answered while a release replaced another, and what of it a gateway
// had to answer itself for want of an endpoint. What was counted in a second that began
// before that time may be older.
func (c *counters) during(w window) (total, failed float64) {
	all := c.answers[w.app]
	sort.SliceStable(all, func(i, j int) bool { return all[i].at.Before(all[j].at) })
	for i := sort.Search(len(all), func(i int) bool { return !all[i].at.Add(-tick).Before(w.from) }); i < len(all) && !all[i].at.After(w.to.Add(tick)); i++ {
		total, failed = total+all[i].total, failed+all[i].failed
	}
	return total, failed
}
