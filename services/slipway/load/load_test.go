package load

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"slipway.dev/services/slipway/example"
)

func TestEveryRequestIsCountedOnce(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		io.WriteString(w, "v1 pid 1\n")
	}))
	defer server.Close()
	load := Start(context.Background(), Config{URL: server.URL, Rate: 500, Methods: []string{"GET", "POST"}})
	await(t, func() bool { return load.Counts().Sent >= 50 })
	c := load.Stop()
	if c.OK+c.Failed != c.Sent || c.Outcomes["GET 200"] != c.OK || c.Outcomes["POST 503"] != c.Failed || c.Answers["v1"] != c.OK {
		t.Errorf("%s", c)
	}
}

// HTTP/2 and gRPC are told apart from HTTP/1, and a status that is not 0 is a failure.
func TestHTTP2AndGRPC(t *testing.T) {
	var sick atomic.Bool
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sick.Load() && r.Header.Get("Te") == "trailers" {
			w.Header().Set("Grpc-Status", "14")
			return
		}
		example.Config{Version: "v1"}.Handler().ServeHTTP(w, r)
	}))
	server.Config.Protocols = p
	server.Start()
	defer server.Close()
	load := Start(context.Background(), Config{URL: server.URL, Rate: 300, Methods: []string{"GET", H2, GRPC}, Body: []byte("hello")})
	await(t, func() bool { return load.Counts().Sent >= 60 })
	if c := load.Counts(); c.Failed > 0 || c.Outcomes["H2 200"] == 0 || c.Outcomes["GRPC 200"] == 0 {
		t.Errorf("%s", c)
	}
	sick.Store(true)
	await(t, func() bool { return load.Counts().Outcomes["GRPC 200 broken"] > 0 })
	if c := load.Stop(); c.Failed != c.Outcomes["GRPC 200 broken"] {
		t.Errorf("%s", c)
	}
}

// A stall of the server is not hidden: what was due meanwhile is sent meanwhile.
func TestAStallIsSeenByWhatWasDueMeanwhile(t *testing.T) {
	hold := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hold }))
	defer server.Close()
	load := Start(context.Background(), Config{URL: server.URL, Rate: 1000})
	began := time.Now()
	await(t, func() bool { return time.Since(began) > 100*time.Millisecond })
	close(hold)
	if c := load.Stop(); c.Sent < 20 || c.Percentile(99) < 50*time.Millisecond {
		t.Errorf("%s", c)
	}
}

func TestSocketsExpectEachMessageBack(t *testing.T) {
	server := httptest.NewServer(example.Config{Version: "v1"}.Handler())
	defer server.Close()
	load := Start(context.Background(), Config{URL: server.URL, Sockets: 2, Beat: time.Millisecond})
	await(t, func() bool { return load.Counts().Outcomes["WS echo"] >= 20 })
	if c := load.Stop(); c.Failed > 0 {
		t.Errorf("%s", c)
	}
}

func await(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited 10 s")
		}
	}
}
