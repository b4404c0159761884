package proxy

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// hopByHop headers concern one connection and are never passed on.
var hopByHop = []string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// isHop reports whether a header is one of them.
func isHop(name string) bool { return slices.Contains(hopByHop, name) }

// removeHops takes out hop-by-hop headers and those that Connection names.
func removeHops(h http.Header) {
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = textproto.TrimString(name); name != "" {
				h.Del(name)
			}
		}
	}
	for _, name := range hopByHop {
		delete(h, name)
	}
}

// first is a header's first value. The name is canonical: Get would spell it anew.
func first(h http.Header, name string) string {
	if values := h[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// identify names the request: the name a trusted peer gave, else a new one.
func (x *exchange) identify() {
	if id := first(x.r.Header, "Slipway-Request-Id"); id != "" && safe(id) && x.p.trusts(peer(x.r)) {
		x.id = id
		return
	}
	x.id = newID()
}

func safe(id string) bool {
	if len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		ok := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '.'
		if !ok {
			return false
		}
	}
	return true
}

// rewrite turns the client's header into the one for the endpoint, in place.
// What the gateway says is set after what the client said was removed, so
// that no client can strip or forge it.
func (x *exchange) rewrite() {
	h, from := x.r.Header, peer(x.r)
	trailers := strings.Contains(strings.ToLower(first(h, "Te")), "trailers")
	trusted := x.p.trusts(from)
	removeHops(h)
	for name := range h {
		if reserved(name) {
			delete(h, name)
		}
	}
	if trailers {
		h["Te"] = []string{"trailers"}
	}
	if x.upgrade {
		h["Connection"], h["Upgrade"] = []string{"Upgrade"}, []string{"websocket"}
	}
	x.forwarded(h, from, trusted)
	x.set(h, "Slipway-Request-Id", x.id)
	if x.parent = first(h, "Traceparent"); !validTraceparent(x.parent) {
		x.parent = newTraceparent()
		x.set(h, "Traceparent", x.parent)
		delete(h, "Tracestate")
	}
	if _, ok := h["User-Agent"]; !ok {
		x.set(h, "User-Agent", "") // else the transport names itself
	}
}

// reserved reports whether a name is the gateway's own, or one that an app reading
// its headers through CGI or WSGI could not tell from what the gateway sets.
func reserved(name string) bool {
	if strings.IndexByte(name, '_') < 0 {
		return strings.HasPrefix(name, "Slipway-")
	}
	name = textproto.CanonicalMIMEHeaderKey(strings.ReplaceAll(name, "_", "-"))
	return strings.HasPrefix(name, "Slipway-") || strings.HasPrefix(name, "X-Forwarded-")
}

func (x *exchange) forwarded(h http.Header, from netip.Addr, trusted bool) {
	proto, host := "http", x.r.Host
	if x.r.TLS != nil {
		proto = "https"
	}
	element := "for=" + forwardedNode(from) + ";host=" + strconv.Quote(host) + ";proto=" + proto
	if trusted {
		if was := strings.Join(h["Forwarded"], ", "); was != "" {
			element = was + ", " + element
		}
		addr := from.String()
		if was := strings.Join(h["X-Forwarded-For"], ", "); was != "" {
			addr = was + ", " + addr
		}
		h["X-Forwarded-For"], h["Forwarded"] = []string{addr}, []string{element}
		setMissing(h, "X-Forwarded-Proto", proto)
		setMissing(h, "X-Forwarded-Host", host)
		setMissing(h, "X-Forwarded-Port", port(host, proto))
		return
	}
	x.set(h, "X-Forwarded-For", from.String())
	x.set(h, "Forwarded", element)
	x.set(h, "X-Forwarded-Proto", proto)
	x.set(h, "X-Forwarded-Host", host)
	x.set(h, "X-Forwarded-Port", port(host, proto))
}

// said is a header that the gateway sets, its name canonical.
type said struct{ name, value string }

// set gives a header one value: in place of the client's, and apart from them, as most
// requests are written out and never become a map again.
func (x *exchange) set(h http.Header, name, value string) {
	delete(h, name)
	x.ours[x.said] = said{name, value}
	x.said++
}

// header is the first value of a header, as the endpoint sees it.
func (x *exchange) header(name string) string {
	name = http.CanonicalHeaderKey(name)
	for _, f := range x.ours[:x.said] {
		if f.name == name {
			return f.value
		}
	}
	return x.r.Header.Get(name)
}

func setMissing(h http.Header, name, value string) {
	if h.Get(name) == "" {
		h[name] = []string{value}
	}
}

func forwardedNode(a netip.Addr) string {
	if a.Is6() {
		return strconv.Quote("[" + a.String() + "]")
	}
	return a.String()
}

func port(host, proto string) string {
	if _, p, err := net.SplitHostPort(host); err == nil {
		return p
	}
	if proto == "https" {
		return "443"
	}
	return "80"
}

// client is the address the request comes from: behind trusted proxies the rightmost
// that is none of them.
func (x *exchange) client() netip.Addr {
	from := peer(x.r)
	if !x.p.trusts(from) {
		return from
	}
	hops := strings.Split(strings.Join(x.r.Header["X-Forwarded-For"], ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return from
		}
		if from = a.Unmap(); !x.p.trusts(from) {
			return from
		}
	}
	return from
}

// peer returns the address at the other end of the connection.
func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return ap.Addr().Unmap().WithZone("")
}

func (p *Proxy) trusts(a netip.Addr) bool {
	for _, prefix := range p.config.TrustedProxies {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// validTraceparent accepts version 00 with non-zero ids.
func validTraceparent(s string) bool {
	if len(s) != 55 || s[:3] != "00-" || s[35] != '-' || s[52] != '-' {
		return false
	}
	for i, c := range []byte(s) {
		if hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'; !hex && i != 2 && i != 35 && i != 52 {
			return false
		}
	}
	return strings.Trim(s[3:35], "0") != "" && strings.Trim(s[36:52], "0") != ""
}

// outgoing is the request for the endpoint.
func (x *exchange) outgoing(ctx context.Context) *http.Request {
	t := x.seat.target
	out := x.r.WithContext(ctx)
	for i := range x.ours[:x.said] {
		out.Header[x.ours[i].name] = []string{x.ours[i].value}
	}
	address := t.at(x.rule.Port)
	out.URL = &url.URL{Scheme: x.line().scheme(), Host: address, RawQuery: x.r.URL.RawQuery, ForceQuery: x.r.URL.ForceQuery}
	out.URL.Path, out.URL.RawPath = x.target()
	out.RequestURI, out.Close, out.TransferEncoding = "", false, nil
	if x.app.route.EndpointHost {
		out.Host = address
	}
	out.Body, out.Trailer = nil, nil
	if x.body != nil {
		body := newReading(x.body)
		if x.line().shared() {
			body.apart = ctx
		}
		out.Body, out.Trailer = body, body.trailer
		if len(body.trailer) > 0 {
			out.ContentLength = -1 // only a chunked body has something behind it
		}
	}
	return out
}

// target returns the path for the endpoint, decoded and as it was written.
func (x *exchange) target() (path, raw string) {
	path, raw = x.r.URL.Path, x.r.URL.RawPath
	if !x.rule.Strip || x.prefix == "" {
		return path, raw
	}
	path = path[len(x.prefix):]
	for range strings.Count(x.prefix, "/") {
		if raw == "" {
			break
		}
		_, rest, _ := strings.Cut(raw[1:], "/")
		raw = "/" + rest // if it is not the same path, URL ignores it
	}
	if path == "" {
		path = "/"
	}
	return path, raw
}

func stale(since int64, now time.Time) string { return strconv.FormatInt(now.Unix()-since, 10) }
