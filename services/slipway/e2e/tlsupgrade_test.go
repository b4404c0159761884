package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// ownCertificate lays one for a host into a folder, as an operator does, and returns
// who trusts it.
func ownCertificate(t *testing.T, folder, host string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, b := range map[string][]byte{host + ".crt": chain, host + ".key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(filepath.Join(folder, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(chain)
	return roots
}

// asking sends GETs by TLS until it is ended.
type asking struct {
	ok, failed atomic.Int64
	first      atomic.Pointer[string] // what failed first
	all        sync.WaitGroup
	stop       chan struct{}
}

func (a *asking) client(tr *http.Transport, url string) {
	c := &http.Client{Transport: tr, Timeout: readyWait}
	a.all.Go(func() {
		defer c.CloseIdleConnections()
		for {
			select {
			case <-a.stop:
				return
			default:
			}
			res, err := c.Get(url)
			if err == nil {
				res.Body.Close()
			}
			if err == nil && res.StatusCode == 200 {
				a.ok.Add(1)
				continue
			}
			a.failed.Add(1)
			why := fmt.Sprint(res, err)
			a.first.CompareAndSwap(nil, &why)
		}
	})
}

// dataplane-27 The TLS listener is handed over with the plain one: no handshake and no
// request fails while the gateway is replaced.
func TestTheTLSListenerIsHandedOver(t *testing.T) {
	t.Parallel() // it waits most of its time
	const host = "web.localhost"
	p := Start(t, Apart())
	certificates := t.TempDir()
	roots := ownCertificate(t, certificates, host)
	g := p.found("--drain", streamDrain.String(), "--listen-tls", "127.0.0.1:0", "--cert-dir", certificates)
	p.MustDeploy(strings.Replace(Example("web", "v1", "rolling", ""), "http: {}", "http: { tls: auto }", 1), time.Minute)
	at := strings.TrimPrefix(g.first.Ready["gatewayTls"].(string), "https://")
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", at)
	}
	trust := &tls.Config{RootCAs: roots}
	clients := &asking{stop: make(chan struct{})}
	clients.client(&http.Transport{DialContext: dial, TLSClientConfig: trust.Clone(), DisableKeepAlives: true}, "https://"+host+"/")
	clients.client(&http.Transport{DialContext: dial, TLSClientConfig: trust.Clone(), ForceAttemptHTTP2: true}, "https://"+host+"/")
	for range Count(10) {
		was := clients.ok.Load()
		Await(t, readyWait, "answers by TLS", func() bool { return clients.ok.Load() > was+20 })
		g.takesOver(upgradeWait, g.hangup)
	}
	was := clients.ok.Load()
	Await(t, readyWait, "answers by TLS", func() bool { return clients.ok.Load() > was+20 })
	close(clients.stop)
	clients.all.Wait()
	if n := clients.failed.Load(); n > 0 {
		t.Errorf("%d of %d failed, first %s", n, n+clients.ok.Load(), *clients.first.Load())
	}
	if now := g.first.Ready["gatewayTls"]; now != "https://"+at {
		t.Errorf("the successor serves TLS at %v, want %s", now, at)
	}
}
