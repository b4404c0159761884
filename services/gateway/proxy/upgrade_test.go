package proxy

import (
	"bufio"
	"io"
	"net/http"
	"testing"

	"slipway.dev/pkg/breaker"
)

// A WebSocket to an app that speaks HTTP/2 alone is not served, and is nobody's fault: a
// client could open the app's breakers with it.
func TestAWebSocketToAnAppOfHTTP2(t *testing.T) {
	w := newWay(t, Config{})
	w.apply(t, want("web", 1, 1, serveH2(t, "web", says("ok"))))
	for range 2 * breaker.Failures {
		c := w.dial(t)
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		c.Close()
		if err != nil || res.StatusCode != 501 || res.Header.Get(ErrorHeader) != "unsupported" {
			t.Fatalf("%+v %v", res, err)
		}
	}
	if len(w.judged) > 0 || len(w.attempts) > 0 {
		t.Fatalf("judged %v by %v", w.judged, w.attempts)
	}
	w.do(t, "GET", "/", "").is(t, 200, "")
}
