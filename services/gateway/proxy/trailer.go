package proxy

import (
	"net/http"
	"slices"
	"strings"
)

// unfitTrailers change what a message is or who sent it: an app that takes
// trailers for headers must not find them there.
var unfitTrailers = []string{"Authorization", "Content-Length", "Cookie", "Forwarded", "Host", "Set-Cookie"}

// passesBehind reports whether a header may follow a body.
func passesBehind(name string) bool {
	return !reserved(name) && !strings.HasPrefix(name, "X-Forwarded-") &&
		!slices.Contains(unfitTrailers, name) && !slices.Contains(hopByHop, name)
}

// announced is the trailers of the request that may pass, without their values:
// these come with the body's end.
func (x *exchange) announced() http.Header {
	var h http.Header
	for name := range x.r.Trailer {
		if !passesBehind(name) {
			continue
		}
		if h == nil {
			h = http.Header{}
		}
		h[name] = nil
	}
	return h
}

// arrived fills in the values.
func (r *reading) arrived() {
	for name := range r.trailer {
		r.trailer[name] = r.b.x.r.Trailer[name]
	}
}
