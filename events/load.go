package events

import "time"

// Load is one window of an app's release as the metrics service measured it: hearsay,
// the only thing that analysis and scaling hear. A number that is unknown is absent,
// never zero.
type Load struct {
	App      string       `json:"app"`                // name of the app
	Release  int          `json:"release"`            // number in the app
	From     time.Time    `json:"from"`               // of the window
	To       time.Time    `json:"to"`                 // of the window
	Complete bool         `json:"complete"`           // every live gateway was heard up to To
	Gateways LoadGateways `json:"gateways"`           // who counted
	Requests int64        `json:"requests"`           // answered
	Errors   int64        `json:"errors"`             // of them 5xx, the endpoint's or the gateway's own
	Aborted  int64        `json:"aborted"`            // the client went away: neither error nor success
	InFlight *LoadRange   `json:"inFlight,omitempty"` // requests at once
	Held     int          `json:"held"`               // requests waiting
	Latency  LoadLatency  `json:"latency"`            // of the requests
	Ready    int          `json:"ready"`              // instances
	CPU      *LoadCPU     `json:"cpu,omitempty"`      // newest sample, at most ten seconds old
	Memory   *LoadMemory  `json:"memory,omitempty"`   // newest sample, at most ten seconds old
	Unknown  []string     `json:"unknown"`            // what is missing: gateway gw1-a, cpu
}

// LoadGateways tells how many gateways are live, and how many reported.
type LoadGateways struct {
	Live  int `json:"live"`  // have applied their own liveness fact
	Heard int `json:"heard"` // of them, up to the window's end
}

// LoadRange is a level over a window.
type LoadRange struct {
	Mean float64 `json:"mean"` // over the window
	Max  int     `json:"max"`  // in the window
}

// LoadLatency is a histogram of our schema, additive over windows and gateways.
type LoadLatency struct {
	Schema  int            `json:"schema"`  // HistogramSchema
	Zero    uint64         `json:"zero"`    // requests without a measurable time
	Buckets map[int]uint64 `json:"buckets"` // requests by bucket, in seconds
	SumMs   float64        `json:"sumMs"`   // of all times
	Count   uint64         `json:"count"`   // requests
}

// LoadCPU is what the instances of a release use together.
type LoadCPU struct {
	UsedMillicores  int64     `json:"usedMillicores"`            // since the sample before
	LimitMillicores int64     `json:"limitMillicores,omitempty"` // limit or reservation of one, times ready
	At              time.Time `json:"at"`                        // of the sample
}

// LoadMemory is what the instances of a release hold together.
type LoadMemory struct {
	UsedBytes  int64     `json:"usedBytes"`            // working set
	LimitBytes int64     `json:"limitBytes,omitempty"` // limit or reservation of one, times ready
	At         time.Time `json:"at"`                   // of the sample
}

// Quantile is the latency below which a share q of the requests lies, in seconds: the
// upper end of its bucket, at most 9 % too high. ok is false without a request.
func (l LoadLatency) Quantile(q float64) (seconds float64, ok bool) {
	if l.Count == 0 {
		return 0, false
	}
	rank := uint64(q*float64(l.Count) + 0.999999)
	seen := l.Zero
	if seen >= max(rank, 1) {
		return 0, true
	}
	for _, i := range sortedBuckets(l.Buckets) {
		if seen += l.Buckets[i]; seen >= max(rank, 1) {
			return UpperBound(i), true
		}
	}
	return 0, false
}

// Add sums two windows' latencies.
func (l LoadLatency) Add(o LoadLatency) LoadLatency {
	sum := LoadLatency{Schema: HistogramSchema, Zero: l.Zero + o.Zero, Buckets: map[int]uint64{}, SumMs: l.SumMs + o.SumMs, Count: l.Count + o.Count}
	for _, each := range []map[int]uint64{l.Buckets, o.Buckets} {
		for i, n := range each {
			sum.Buckets[i] += n
		}
	}
	return sum
}
