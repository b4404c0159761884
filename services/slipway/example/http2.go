package example

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// protocols are HTTP/1 and HTTP/2 without TLS, on one port.
func protocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

func isGRPC(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
}

// echoGRPC answers a call's messages with the same ones.
func echoGRPC(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Trailer", "Grpc-Status")
	_, err := io.Copy(w, r.Body)
	const internal = "13"
	if h.Set("Grpc-Status", "0"); err != nil {
		h.Set("Grpc-Status", internal)
	}
}

// recorded adds a line to the ledger for each request that is let in: its id, the
// instance that serves it and when.
func (c Config) recorded(next http.Handler) http.Handler {
	if c.Ledger == "" {
		return next
	}
	file, err := os.OpenFile(c.Ledger, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		fmt.Fprintf(c.Out, "ledger: %v\n", err)
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id := r.Header.Get("Slipway-Request-Id"); id != "" {
			fmt.Fprintf(file, "%s %s %d\n", id, os.Getenv("SLIPWAY_INSTANCE"), time.Now().UnixNano())
		}
		next.ServeHTTP(w, r)
	})
}
