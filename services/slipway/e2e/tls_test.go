package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/gateway/acme/authority"
)

// dataplane-15 An app that asks for TLS is served by it as soon as the authority has
// given a certificate, and again after a kill with no new order; nothing on the disk
// holds the key in the clear.
func TestAnAppIsServedByTLS(t *testing.T) {
	const host = "shop.example.com"
	home := New(t)
	way, nats := home.freePort(), home.freePort() // fixed: both are found again after the kill
	_, text, _ := net.SplitHostPort(way)
	port, _ := strconv.Atoi(text)
	a := authority.New(t, port, time.Hour)
	a.Ask("127.0.0.1")
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, a.Certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	p := Start(t, Flags("--listen", way, "--nats", nats, "--listen-tls", "127.0.0.1:0", "--acme-directory", a.Directory, "--acme-email", "ops@example.com", "--acme-roots", roots))
	p.MustDeploy(strings.Replace(Example("web", "v1", "rolling", ""), "http: {}", "http: { host: "+host+", tls: auto }", 1), time.Minute)
	e := p.Log.Await(events.Position{}, readyWait, "certificate obtained", Is("web", "certificate", "obtained"))
	told := e.Data.(events.CertificateObtained)
	served := func() {
		t.Helper()
		at := strings.TrimPrefix(p.Process("dev").Ready["gatewayTls"].(string), "https://")
		c := &http.Client{Timeout: readyWait, Transport: &http.Transport{
			ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: a.Roots},
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", at)
			},
		}}
		defer c.CloseIdleConnections()
		Await(t, readyWait, "an answer by TLS", func() bool {
			res, err := c.Get("https://" + host + "/")
			if err != nil {
				return false
			}
			defer res.Body.Close()
			serial := res.TLS.PeerCertificates[0].SerialNumber.Text(16)
			return res.StatusCode == 200 && res.ProtoMajor == 2 && serial == told.Serial
		})
	}
	served()
	p.sendsToTLS(t, host)
	p.Process("dev").Kill()
	p.Process("dev").Start()
	served()
	p.Log.CatchUp()
	if n := len(p.Log.All(Is("web", "certificate", "obtaining"))); n != 1 {
		t.Errorf("%d orders, want one", n)
	}
	p.holdsNoKey(t)
}

// sendsToTLS asks in the clear.
func (p *Plane) sendsToTLS(t *testing.T, host string) {
	t.Helper()
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, _ := http.NewRequest("GET", p.Gateway+"/cart", nil)
	r.Host = host
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if to := res.Header.Get("Location"); res.StatusCode != 308 || !strings.HasPrefix(to, "https://"+host+":") || !strings.HasSuffix(to, "/cart") {
		t.Errorf("in the clear: %d to %q", res.StatusCode, to)
	}
}

// holdsNoKey looks through all that was written: the log, the object store, the copies.
func (p *Plane) holdsNoKey(t *testing.T) {
	t.Helper()
	looked := 0
	err := filepath.WalkDir(filepath.Join(p.Dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // it went meanwhile
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		looked++
		if bytes.Contains(b, []byte("PRIVATE KEY")) && !bytes.Contains(b, []byte("\x7fELF")) {
			t.Errorf("%s holds a key in the clear", path)
		}
		return nil
	})
	if err != nil || looked == 0 {
		t.Errorf("%d files, %v", looked, err)
	}
}
