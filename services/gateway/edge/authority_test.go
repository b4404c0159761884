package edge

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// authority is Let's Encrypt's test authority, in this process. It asks port of
// whatever address it is told that every host has.
type authority struct {
	directory string
	client    *http.Client
	port      int
	roots     *x509.CertPool
	asks      atomic.Pointer[string] // address of every host
}

func newAuthority(t *testing.T, port int, lifeSeconds uint64) *authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_AUTHZREUSE", "0") // each order proves the host anew
	a := &authority{port: port, roots: x509.NewCertPool()}
	quiet, store := log.New(io.Discard, "", 0), db.NewMemoryStore()
	issuer := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {ValidityPeriod: lifeSeconds}})
	a.roots.AppendCertsFromPEM(issuer.GetRootCert(0).PEM())
	front := wfe.New(quiet, store, va.New(quiet, port, 0, false, a.names(t), store), issuer, []string{"pebble.example"}, false, false, 0, 1)
	server := httptest.NewTLSServer(front.Handler())
	t.Cleanup(server.Close)
	a.directory, a.client = server.URL+wfe.DirectoryPath, server.Client()
	return a
}

// names serves the authority's names.
func (a *authority) names(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if at := a.asks.Load(); at != nil && q.Question[0].Qtype == dns.TypeA {
			rr, _ := dns.NewRR(fmt.Sprintf("%s 1 IN A %s", q.Question[0].Name, *at))
			m.Answer = append(m.Answer, rr)
		}
		w.WriteMsg(m)
	})}
	go s.ActivateAndServe()
	t.Cleanup(func() { s.Shutdown() })
	return l.Addr().String()
}

// stuck is a way to the authority on which nothing that is asked for at a path comes
// back; asked is closed at the first.
type stuck struct {
	http.RoundTripper
	path  string
	once  sync.Once
	asked chan struct{}
}

func (s *stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	if !bytes.Contains([]byte(r.URL.Path), []byte(s.path)) {
		return s.RoundTripper.RoundTrip(r)
	}
	s.once.Do(func() { close(s.asked) })
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// shelf is an object store in memory.
type shelf struct {
	mu  sync.Mutex
	all map[string][]byte
}

func (s *shelf) PutObject(_ context.Context, name string, from io.Reader, _ int64) error {
	b, err := io.ReadAll(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[name] = b
	return err
}

func (s *shelf) GetObject(_ context.Context, name string) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.all[name]
	if !ok {
		return nil, fmt.Errorf("no object %s", name)
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}
