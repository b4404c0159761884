package proxy

import (
	"crypto/tls"
	"net/http"
	"strings"
	"sync/atomic"
)

// TLS is what all servers of a proxy serve by TLS: an immutable map of certificates
// and one of challenge answers, each behind an atomic pointer. A handshake loads the
// one once, so a change touches no open connection.
type TLS struct {
	Port int // where clients find the TLS listener; 0: there is none

	certificates atomic.Pointer[map[string]*tls.Certificate]
	thumbprints  atomic.Pointer[map[string]string]
}

// Serve replaces what is served: a certificate for each host; a host *.example.com
// stands for one label.
func (t *TLS) Serve(certificates map[string]*tls.Certificate) { t.certificates.Store(&certificates) }

// Answer replaces the hosts whose ACME challenges are answered, each by the
// thumbprint of the account that has asked.
func (t *TLS) Answer(thumbprints map[string]string) { t.thumbprints.Store(&thumbprints) }

// Certificate is what is served for a host; nil: none.
func (t *TLS) Certificate(host string) *tls.Certificate {
	all := t.certificates.Load()
	if all == nil {
		return nil
	}
	host = canonicalHost(host)
	if c := (*all)[host]; c != nil {
		return c
	}
	if _, rest, ok := strings.Cut(host, "."); ok {
		return (*all)["*."+rest]
	}
	return nil
}

// config makes a handshake for a name without a certificate end with the alert
// unrecognized_name: crypto/tls sends it where nobody has one.
func (t *TLS) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return t.Certificate(hello.ServerName), nil
		},
	}
}

// challengePath is where an authority looks for an answer (RFC 8555, 8.3).
const challengePath = "/.well-known/acme-challenge/"

// tokenMax bounds a token: an authority's has 43 bytes or so.
const tokenMax = 256

// answered answers an authority's challenge, if an order for the host stands. The
// answer needs nothing but the account's thumbprint, so every gateway gives the same.
func (t *TLS) answered(w http.ResponseWriter, r *http.Request) bool {
	token, ok := strings.CutPrefix(r.URL.Path, challengePath)
	if !ok || r.TLS != nil || token == "" || len(token) > tokenMax || !safe64(token) {
		return false
	}
	all := t.thumbprints.Load()
	if all == nil || (*all)[canonicalHost(r.Host)] == "" {
		return false
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte(token + "." + (*all)[canonicalHost(r.Host)]))
	return true
}

// safe64 reports whether a token is of the base64url alphabet, as all are: nothing
// else is ever sent back.
func safe64(token string) bool {
	for _, c := range []byte(token) {
		ok := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_'
		if !ok {
			return false
		}
	}
	return true
}
