package proxy

import (
	"net/netip"
	"strconv"
	"time"

	"slipway.dev/pkg/split"
)

// Access says what of an app's answers is recorded; zero is each, without its query.
type Access struct {
	ThinBp int  `json:"thinBp,omitempty"` // share of the answers without fault that is not
	Query  bool `json:"query,omitempty"`  // the query stands behind the path
}

// Record is one answered request.
type Record struct {
	App, Endpoint, RequestID string
	Release, Generation      uint64
	Status                   int    // 0: cut before a header, or the client was gone
	Code                     string // of an answer the gateway made itself
	Method, Host, Path       string
	Query                    string // "" unless the app wants it recorded
	Proto, TraceID           string
	Client                   netip.Addr // behind trusted proxies: the rightmost that is none of them
	Start                    time.Time
	Duration, FirstByte      time.Duration // FirstByte from the start, 0 without one
	BytesIn, BytesOut        int64         // of the bodies
	Attempts                 int
	RetryReason              string // of the last further try: dial, reset, status-503
	Canary, Failed, Stream   bool
	Thinned                  bool // the app's share of what is recorded leaves it out
}

// record is made only where somebody hears of it.
func (x *exchange) record() Record {
	r := Record{
		RequestID: x.id, Release: x.release, Status: x.status, Code: x.code,
		Method: x.r.Method, Host: x.r.Host, Path: x.path, Proto: x.r.Proto, TraceID: x.trace(), Client: x.client(),
		Start: x.start, Duration: time.Since(x.start), FirstByte: x.firstByte, BytesIn: x.bytesIn(), BytesOut: x.bytesOut,
		Attempts: x.attempts, RetryReason: x.retried, Canary: x.canary, Failed: x.failed, Stream: x.stream,
	}
	if x.app != nil {
		r.App, r.Generation = x.app.name, x.app.generation
		if x.app.route.Access.Query {
			r.Query = x.r.URL.RawQuery
		}
		r.Thinned = x.thinned()
	}
	if len(x.tried) > 0 {
		r.Endpoint = x.tried[len(x.tried)-1]
	}
	return r
}

// thinned leaves out an exact share of the answers without fault.
func (x *exchange) thinned() bool {
	thin := uint64(x.app.route.Access.ThinBp)
	if thin == 0 || x.failed || x.code != "" || x.status >= 400 {
		return false
	}
	return x.app.flow.sound.Add(1)%split.Whole*thin%split.Whole < thin
}

// trace is the trace's id; what a client made up has been replaced by now, or the
// request has gone no further.
func (x *exchange) trace() string {
	parent := x.parent
	if parent == "" {
		parent = x.r.Header.Get("Traceparent")
	}
	if !validTraceparent(parent) {
		return ""
	}
	return parent[3:35]
}

func (x *exchange) bytesIn() int64 {
	if x.body == nil {
		return 0
	}
	return x.body.read.Load()
}

func refusedStatus(status int) string { return "status-" + strconv.Itoa(status) }
