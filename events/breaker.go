package events

// BreakerWindow is what the last ten seconds held when a breaker moved.
type BreakerWindow struct {
	Requests int `json:"requests"` // that ended in the window
	Failures int `json:"failures"` // of them
}

// Breaker is one gateway's judgement of one endpoint.
type Breaker struct {
	OfTraffic
	From   string        `json:"from"`             // closed, open, half-open
	To     string        `json:"to"`               // closed, open, half-open
	OpenMs int64         `json:"openMs,omitempty"` // how long it stays open, when it opens
	Window BreakerWindow `json:"window"`           // what it judged by
}

// BreakerOpened says that the gateway sends the endpoint nothing for openMs.
type BreakerOpened struct{ Breaker }

// BreakerHalfOpened says that three requests try the endpoint.
type BreakerHalfOpened struct{ Breaker }

// BreakerClosed says that the endpoint is in use again.
type BreakerClosed struct{ Breaker }

// BreakerHeld says that the endpoint fails and stays in use: too much of its pool is
// out already.
type BreakerHeld struct{ Breaker }
