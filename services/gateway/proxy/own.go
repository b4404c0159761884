package proxy

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"slipway.dev/services/gateway/upstream"
)

var errBadHead = errors.New("the header has a byte that may not be in it")

var heads = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// headLent is the largest buffer that is kept for the next request's header.
const headLent = 32 << 10

// joined is the largest body that is copied behind its header: that costs less than a
// second write.
const joined = 16 << 10

// ownPool returns the connections of our own client, if the request may go by it: to an
// endpoint of HTTP/1.1 in the clear, with its body known as a whole, for a host that is
// written as it is. Everything else goes by a transport.
func (x *exchange) ownPool() *upstream.Pool {
	l := x.line()
	if l.shared() || x.upgrade || x.body != nil && !x.body.whole || !plainHost(x.r.Host) {
		return nil
	}
	return l.pool(x.rule.Port)
}

// send sends the request by our own client.
func (x *exchange) send(t *trip, pool *upstream.Pool) (*answer, error) {
	defer t.stopWaiting()
	room := heads.Get().(*[]byte)
	head, ok := x.appendHead((*room)[:0])
	if !ok {
		return nil, errBadHead
	}
	r := upstream.Request{Head: head, Bodiless: x.r.Method == http.MethodHead, Repeatable: repeatable(x.r)}
	if x.body != nil && len(x.body.kept) <= joined {
		head = append(head, x.body.kept...)
		r.Head = head
	} else if x.body != nil {
		r.Body = x.body.kept
	}
	a, err := t.call.Send(pool, r)
	if cap(head) <= headLent {
		*room = head
		heads.Put(room)
	}
	if err != nil {
		return nil, err
	}
	if x.p.observed {
		x.firstByte = time.Since(x.start)
	}
	t.answer = answer{status: a.Status, length: a.Length, own: a}
	return &t.answer, nil
}

// appendHead appends the header of the request for the endpoint. It fails where
// something of the client's would be read as more than it was: the server's parsers
// have refused that already.
func (x *exchange) appendHead(b []byte) ([]byte, bool) {
	b = append(append(b, x.r.Method...), ' ')
	b = x.appendTarget(b)
	if !visible(b[len(x.r.Method)+1:]) {
		return b, false
	}
	host := x.r.Host
	if x.app.route.EndpointHost {
		host = x.seat.target.at(x.rule.Port)
	}
	b = append(append(append(b, " HTTP/1.1\r\nHost: "...), host...), "\r\n"...)
	b, ok := x.appendFields(b)
	if !ok {
		return b, false
	}
	if x.body != nil || x.r.Method == http.MethodPost || x.r.Method == http.MethodPut || x.r.Method == http.MethodPatch {
		b = strconv.AppendInt(append(b, "Content-Length: "...), x.bodyLength(), 10)
		b = append(b, "\r\n"...)
	}
	return append(b, "\r\n"...), true
}

func (x *exchange) bodyLength() int64 {
	if x.body == nil {
		return 0
	}
	return int64(len(x.body.kept))
}

func (x *exchange) appendFields(b []byte) (_ []byte, ok bool) {
	for _, f := range x.ours[:x.said] {
		if f.name != "User-Agent" {
			b, _ = appendField(b, f.name, f.value)
		}
	}
	for name, values := range x.r.Header {
		if name == "Content-Length" || name == "Host" || name == "User-Agent" && len(values) > 0 && values[0] == "" {
			continue
		}
		for _, value := range values {
			if b, ok = appendField(b, name, value); !ok {
				return b, false
			}
		}
	}
	return b, true
}

func appendField(b []byte, name, value string) ([]byte, bool) {
	b = append(append(b, name...), ": "...)
	if strings.IndexByte(value, '\n') >= 0 || strings.IndexByte(value, '\r') >= 0 || strings.IndexByte(value, 0) >= 0 {
		return b, false
	}
	return append(append(b, value...), "\r\n"...), true
}

// appendTarget appends path and query as a transport would write them.
func (x *exchange) appendTarget(b []byte) []byte {
	u := url.URL{}
	u.Path, u.RawPath = x.target()
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	b = append(b, path...)
	if x.r.URL.ForceQuery || x.r.URL.RawQuery != "" {
		b = append(append(b, '?'), x.r.URL.RawQuery...)
	}
	return b
}

// visible reports whether a request's target ends where it seems to.
func visible(target []byte) bool {
	for _, c := range target {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// plainHost reports whether a host needs no spelling of another kind.
func plainHost(host string) bool {
	for i := range len(host) {
		c := host[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == ':' || c == '_' || c == '[' || c == ']') {
			return false
		}
	}
	return true
}

// reached says what an error of our own client means.
func reached(e *upstream.Error) failure {
	f := failure{fault: connReset, outcome: OutcomeReset}
	switch e.Reach {
	case upstream.Unconnected:
		f = failure{fault: connectFailed, outcome: OutcomeDial, dial: true, unsent: true}
	case upstream.Unsent:
		f.unsent = true
	case upstream.Broken:
		f.final = true
	case upstream.Malformed:
		f.fault, f.final = badResponse, true
	}
	return f
}
