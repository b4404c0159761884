package authority

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// Authority asks one port of whatever address every host is said to have.
type Authority struct {
	Directory   string         // URL
	Client      *http.Client   // that trusts the authority
	Certificate []byte         // of its own server, PEM
	Roots       *x509.CertPool // of what it issues

	asks atomic.Pointer[string]
}

// New starts one that ends with the test. Its certificates are good for whole seconds.
func New(t testing.TB, port int, life time.Duration) *Authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_AUTHZREUSE", "0")
	a := &Authority{Roots: x509.NewCertPool()}
	quiet, store := log.New(io.Discard, "", 0), db.NewMemoryStore()
	profiles := map[string]ca.Profile{"default": {ValidityPeriod: uint64(life / time.Second)}}
	issuer := ca.New(quiet, store, "", "ecdsa", 0, 1, profiles)
	a.Roots.AppendCertsFromPEM(issuer.GetRootCert(0).PEM())
	front := wfe.New(quiet, store, va.New(quiet, port, 0, false, a.names(t), store), issuer, []string{"pebble.example"}, false, false, 0, 1)
	server := httptest.NewTLSServer(front.Handler())
	t.Cleanup(server.Close)
	a.Directory, a.Client = server.URL+wfe.DirectoryPath, server.Client()
	a.Certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return a
}

// Ask says which address every host has from now on.
func (a *Authority) Ask(address string) { a.asks.Store(&address) }

// names serves the names of hosts and returns where.
func (a *Authority) names(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if at := a.asks.Load(); at != nil && q.Question[0].Qtype == dns.TypeA {
			rr, _ := dns.NewRR(fmt.Sprintf("%s 1 IN A %s", q.Question[0].Name, *at)) // an address the test gave
			m.Answer = append(m.Answer, rr)
		}
		_ = w.WriteMsg(m) // who asked has gone
	})}
	go func() { _ = s.ActivateAndServe() }() // ends with Shutdown
	t.Cleanup(func() { _ = s.Shutdown() })
	return l.Addr().String()
}
