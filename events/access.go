package events

import "time"

// Limits of a batch of access records; what is more goes in the next.
const (
	MaxAccessRecords = 500
	MaxAccessBytes   = 64 << 10
	MaxAccessPath    = 512 // bytes of a path that are recorded
)

// AccessBatch is a gateway's message of what it answered: hearsay, no CloudEvent.
type AccessBatch struct {
	Incarnation int            `json:"incarnation"` // of the gateway: n counts from 1 in each
	First       uint64         `json:"first"`       // n of the first record
	Last        uint64         `json:"last"`        // n of the last
	Dropped     uint64         `json:"dropped"`     // records lost on the way since the batch before
	Records     []AccessRecord `json:"records"`     // in the order of n
}

// AccessRecord is one answered request. What a request carried in Authorization,
// cookies or its body is never in it.
type AccessRecord struct {
	T           time.Time `json:"t"`                     // when the request's header was read
	N           uint64    `json:"n"`                     // its number: a hole is a loss
	RequestID   string    `json:"requestId"`             // Slipway-Request-Id
	TraceID     string    `json:"traceId,omitempty"`     // of traceparent
	App         string    `json:"app,omitempty"`         // absent: nobody owns host and path
	Release     int       `json:"release,omitempty"`     // whom it was counted for
	Endpoint    string    `json:"endpoint,omitempty"`    // asked last
	Generation  int       `json:"generation,omitempty"`  // of the route that decided
	Method      string    `json:"method"`                // GET
	Host        string    `json:"host"`                  // as the client said
	Path        string    `json:"path"`                  // at most 512 bytes; with the query only if accessLog.query
	Proto       string    `json:"proto"`                 // HTTP/1.1, HTTP/2.0
	Status      int       `json:"status"`                // 0: the client had gone
	Code        string    `json:"code,omitempty"`        // of an answer the gateway made itself, or of a cut
	BytesIn     int64     `json:"bytesIn"`               // of the request's body
	BytesOut    int64     `json:"bytesOut"`              // of the answer's body
	ClientIP    string    `json:"clientIp"`              // behind trusted proxies: the rightmost that is none of them
	DurationMs  float64   `json:"durationMs"`            // until the last byte
	UpstreamMs  float64   `json:"upstreamMs,omitempty"`  // until the endpoint's first byte
	Attempts    int       `json:"attempts"`              // endpoints asked
	RetryReason string    `json:"retryReason,omitempty"` // dial, reset, status-503
	Canary      bool      `json:"canary,omitempty"`      // the split had chosen the canary
}

// AccessSubject is where a gateway says what it answered.
func AccessSubject(gateway string) string { return "slipway.access." + token(gateway) }
