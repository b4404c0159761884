package proxy

import "time"

// Unlimited, as any of the Limits, switches it off.
const Unlimited = -1

// Limits of one app's requests; 0 takes the default, Unlimited none.
type Limits struct {
	BodyBytes   int64         `json:"bodyBytes,omitempty"`   // of a request; 100 MiB
	BodySilence time.Duration `json:"bodySilence,omitempty"` // between two reads of a body; 30 s
	Dial        time.Duration `json:"dial,omitempty"`        // 1 s
	Response    time.Duration `json:"response,omitempty"`    // from the request written to the answer's header; 60 s
	Request     time.Duration `json:"request,omitempty"`     // the whole of it, streams exempt; 5 min
	StreamIdle  time.Duration `json:"streamIdle,omitempty"`  // a stream without a byte; 1 h
	InFlight    int64         `json:"inFlight,omitempty"`    // of one endpoint; 1024
}

var defaults = Limits{
	BodyBytes:   100 << 20,
	BodySilence: 30 * time.Second,
	Dial:        time.Second,
	Response:    time.Minute,
	Request:     5 * time.Minute,
	StreamIdle:  time.Hour,
	InFlight:    1024,
}

// filled returns the limits with their defaults; what is unlimited is the
// largest value.
func (l Limits) filled() Limits {
	fill(&l.BodyBytes, defaults.BodyBytes)
	fill(&l.BodySilence, defaults.BodySilence)
	fill(&l.Dial, defaults.Dial)
	fill(&l.Response, defaults.Response)
	fill(&l.Request, defaults.Request)
	fill(&l.StreamIdle, defaults.StreamIdle)
	fill(&l.InFlight, defaults.InFlight)
	return l
}

// unlimited is 146 years of nanoseconds.
const unlimited = 1 << 62

func fill[T ~int64](v *T, def T) {
	switch {
	case *v == 0:
		*v = def
	case *v < 0:
		*v = unlimited
	}
}
