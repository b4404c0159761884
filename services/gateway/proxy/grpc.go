package proxy

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The grpc-status of unavailable and deadline exceeded, and of what is wrong
// with the request itself.
const (
	grpcInternal    = 13
	grpcUnavailable = 14
	grpcDeadline    = 4
)

// grpcDigits is how many digits a grpc-timeout may have, by its protocol.
const grpcDigits = 8

var grpcUnits = map[byte]time.Duration{
	'H': time.Hour, 'M': time.Minute, 'S': time.Second,
	'm': time.Millisecond, 'u': time.Microsecond, 'n': time.Nanosecond,
}

func isGRPC(h http.Header) bool {
	return strings.HasPrefix(first(h, "Content-Type"), "application/grpc")
}

// grpcTimeout is how long the client of a gRPC call waits for the whole of it;
// ok is false if it does not say, or says it in no known way.
func grpcTimeout(h http.Header) (d time.Duration, ok bool) {
	said := first(h, "Grpc-Timeout")
	if !isGRPC(h) || len(said) < 2 || len(said) > grpcDigits+1 {
		return 0, false
	}
	n, err := strconv.ParseUint(said[:len(said)-1], 10, 64)
	unit, known := grpcUnits[said[len(said)-1]]
	return time.Duration(n) * unit, err == nil && known
}

// grpcStatus is a fault's status to a gRPC client.
func (f *fault) grpcStatus() string {
	switch f.status {
	case 502, 503:
		return strconv.Itoa(grpcUnavailable)
	case 504:
		return strconv.Itoa(grpcDeadline)
	}
	return strconv.Itoa(grpcInternal)
}

func (f *fault) writeGRPC(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Grpc-Status", f.grpcStatus())
	h.Set("Grpc-Message", f.code)
	w.WriteHeader(http.StatusOK)
}

// lastWord is how long a gRPC client may take to be told how its stream ended.
const lastWord = time.Second

// tellsGRPC reports whether the answer can end by a status.
func (x *exchange) tellsGRPC() bool { return x.r.ProtoMajor == 2 && x.stream && isGRPC(x.r.Header) }

// endGRPC ends a gRPC answer that broke midway by a status instead of a cut, and
// reports whether it could: its client tells the two apart, and may try again.
func (x *exchange) endGRPC(f *fault) bool {
	if !x.tellsGRPC() {
		return false
	}
	status := f.grpcStatus()
	if f == drainDeadline {
		status = strconv.Itoa(grpcUnavailable) // the time was the app's, not the caller's
	}
	h := x.w.Header()
	h.Set(http.TrailerPrefix+"Grpc-Status", status)
	h.Set(http.TrailerPrefix+"Grpc-Message", f.code)
	return true
}
