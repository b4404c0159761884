package proxy

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// signed makes a certificate for hosts, signed by itself, and trusts it.
func signed(t testing.TB, roots *x509.CertPool, serial int64, hosts ...string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(serial), DNSNames: hosts,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if leaf, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	roots.AddCert(leaf)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// secureWay is a way that has a TLS listener too.
type secureWay struct {
	*way
	tls     *TLS
	roots   *x509.CertPool
	address string
}

func newSecureWay(t testing.TB, trusted ...netip.Prefix) *secureWay {
	t.Helper()
	l := listen(t)
	s := &secureWay{roots: x509.NewCertPool(), address: l.Addr().String()}
	s.tls = &TLS{Port: l.Addr().(*net.TCPAddr).Port}
	s.way = newWay(t, Config{TLS: s.tls, TrustedProxies: trusted})
	server := NewServer(l, s.Proxy, ServerConfig{TLS: true})
	server.SetState(Live)
	done := make(chan error, 1)
	go func() { done <- server.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		server.Shutdown(ctx)
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s
}

// serve serves an app at a host, by TLS alone.
func (s *secureWay) serve(t testing.TB, host string, e ...Endpoint) {
	t.Helper()
	d := want("web", 1, 1, e...)
	d.Route.Rules = []Rule{{Host: host, Path: "/", TLS: true}}
	s.apply(t, d)
}

// browser reaches every host at the TLS listener.
func (s *secureWay) browser(t testing.TB, h2 bool) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", s.address)
	}
	tr := &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: s.roots}, ForceAttemptHTTP2: h2}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: patience}
}

func (s *secureWay) shake(c *tls.Config) (tls.ConnectionState, error) {
	c.RootCAs = s.roots
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", s.address, c)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	return conn.ConnectionState(), nil
}

func TestHandshake(t *testing.T) {
	s := newSecureWay(t)
	s.tls.Serve(map[string]*tls.Certificate{
		"shop.example.com":  signed(t, s.roots, 1, "shop.example.com"),
		"*.example.com":     signed(t, s.roots, 2, "*.example.com"),
		"other.example.org": signed(t, s.roots, 3, "other.example.org"),
	})
	for name, serial := range map[string]int64{"shop.example.com": 1, "api.example.com": 2, "SHOP.example.com": 1, "other.example.org": 3} {
		st, err := s.shake(&tls.Config{ServerName: name})
		if err != nil || st.PeerCertificates[0].SerialNumber.Int64() != serial {
			t.Errorf("%s: %v, want certificate %d", name, err, serial)
		}
	}
	for _, name := range []string{"nobody.example.net", "a.b.example.com"} {
		if _, err := s.shake(&tls.Config{ServerName: name}); err == nil || !strings.Contains(err.Error(), "remote error: tls: unrecognized name") {
			t.Errorf("%s: %v, want the alert unrecognized_name", name, err)
		}
	}
	for _, proto := range []string{"h2", "http/1.1"} {
		if st, err := s.shake(&tls.Config{ServerName: "shop.example.com", NextProtos: []string{proto}}); err != nil || st.NegotiatedProtocol != proto {
			t.Errorf("offered %s: %q %v", proto, st.NegotiatedProtocol, err)
		}
	}
	if st, err := s.shake(&tls.Config{ServerName: "shop.example.com", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Errorf("served by version %x", st.Version)
	}
	if st, err := s.shake(&tls.Config{ServerName: "shop.example.com", MaxVersion: tls.VersionTLS12}); err != nil || st.Version != tls.VersionTLS12 {
		t.Errorf("TLS 1.2: %v", err)
	}
}

func TestPlainHTTPOfAHostByTLS(t *testing.T) {
	s := newSecureWay(t)
	e, _ := serve(t, "web-1-a", 1, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Header.Get("X-Forwarded-Proto"))
	})
	s.serve(t, "shop.example.com", e)
	const host = "shop.example.com"
	a := s.do(t, "GET", "/cart?x=1", "", "Host", host)
	a.is(t, 503, "no-certificate")
	s.tls.Serve(map[string]*tls.Certificate{host: signed(t, s.roots, 1, host)})
	a = s.do(t, "GET", "/cart%20a?x=1", "", "Host", host+":80", "X-Forwarded-Proto", "https")
	a.is(t, 308, "use-tls")
	if got, want := a.header.Get("Location"), "https://"+s.tls.authority(host)+"/cart%20a?x=1"; got != want {
		t.Errorf("sent to %s, want %s", got, want)
	}
	for port, authority := range map[int]string{443: host, 9443: host + ":9443"} { // as something maps it
		s.tls.Port = port
		a := s.do(t, "GET", "/", "", "Host", host)
		if got := a.header.Get("Location"); a.status != 308 || got != "https://"+authority+"/" {
			t.Errorf("found at port %d, sent to %s", port, got)
		}
	}
	res, err := s.browser(t, true).Get("https://" + host + "/cart")
	if a, err := read(res, err); err != nil || a.body != "https" {
		t.Errorf("by TLS: %q %v", a.body, err)
	}
	s = newSecureWay(t, netip.MustParsePrefix("127.0.0.1/32"))
	s.serve(t, host, e)
	if a := s.do(t, "GET", "/", "", "Host", host, "X-Forwarded-Proto", "https"); a.body != "https" {
		t.Errorf("behind a trusted proxy that ends TLS: %d %q", a.status, a.body)
	}
}

func TestChallenge(t *testing.T) {
	s := newSecureWay(t)
	e, _ := serve(t, "web-1-a", 1, says("the app's"))
	d := want("web", 1, 1, e)
	d.Route.Rules = []Rule{{Host: "shop.example.com", Path: "/", TLS: true}, {Path: "/"}}
	s.apply(t, d)
	const path = "/.well-known/acme-challenge/"
	s.do(t, "GET", path+"abc", "", "Host", "shop.example.com").is(t, 503, "no-certificate")
	s.tls.Answer(map[string]string{"shop.example.com": "thumb"})
	if a := s.do(t, "GET", path+"abc-_9", "", "Host", "shop.example.com"); a.body != "abc-_9.thumb" || a.status != 200 {
		t.Errorf("answered %d %q", a.status, a.body)
	}
	if a := s.do(t, "GET", path+"abc", "", "Host", "other.example.com"); a.body != "the app's" {
		t.Errorf("a host without an order: %d %q", a.status, a.body)
	}
	s.do(t, "GET", path+"a%3Cb", "", "Host", "shop.example.com").is(t, 503, "no-certificate")
	s.tls.Answer(nil)
	s.do(t, "GET", path+"abc", "", "Host", "shop.example.com").is(t, 503, "no-certificate")
}

func TestCertificateSwapTouchesNoConnection(t *testing.T) {
	for name, h2 := range map[string]bool{"http/1.1": false, "h2": true} {
		t.Run(name, func(t *testing.T) {
			s := newSecureWay(t)
			e, _ := serve(t, "web-1-a", 1, says("hello"))
			s.serve(t, "shop.example.com", e)
			ask := func(c *http.Client) (reused bool, serial int64) {
				t.Helper()
				r, _ := http.NewRequest("GET", "https://shop.example.com/", nil)
				r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
					GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused },
				}))
				res, err := c.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				if b, err := io.ReadAll(res.Body); err != nil || string(b) != "hello" || (res.ProtoMajor == 2) != h2 {
					t.Fatalf("%s %q %v", res.Proto, b, err)
				}
				return reused, res.TLS.PeerCertificates[0].SerialNumber.Int64()
			}
			old := s.browser(t, h2)
			s.tls.Serve(map[string]*tls.Certificate{"shop.example.com": signed(t, s.roots, 1, "shop.example.com")})
			ask(old)
			s.tls.Serve(map[string]*tls.Certificate{"shop.example.com": signed(t, s.roots, 2, "shop.example.com")})
			if reused, serial := ask(old); !reused || serial != 1 {
				t.Errorf("open connection: reused %v, certificate %d", reused, serial)
			}
			if _, serial := ask(s.browser(t, h2)); serial != 2 {
				t.Errorf("new connection: certificate %d", serial)
			}
		})
	}
}

func TestWebSocketOverTLS(t *testing.T) {
	s := newSecureWay(t)
	e, _ := serve(t, "web-1-a", 1, echo)
	s.serve(t, "shop.example.com", e)
	s.tls.Serve(map[string]*tls.Certificate{"shop.example.com": signed(t, s.roots, 1, "shop.example.com")})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "wss://shop.example.com/", &websocket.DialOptions{HTTPClient: s.browser(t, false)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for _, text := range []string{"one", strings.Repeat("two", 10_000)} {
		if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(ctx); err != nil || string(got) != text {
			t.Fatalf("echo of %d bytes: %d bytes, %v", len(text), len(got), err)
		}
	}
}

// TestGRPCOverTLS holds a call of which both sides stream, by HTTP/2 on both ends.
func TestGRPCOverTLS(t *testing.T) {
	s := newSecureWay(t)
	backend := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		frame := make([]byte, 6)
		for {
			if _, err := io.ReadFull(r.Body, frame); err != nil {
				break
			}
			w.Write(bytes.ToUpper(frame))
			w.(http.Flusher).Flush()
		}
		w.Header().Set("Grpc-Status", "0")
	}))
	backend.Config.Protocols = new(http.Protocols)
	backend.Config.Protocols.SetUnencryptedHTTP2(true)
	backend.Start()
	defer backend.Close()
	s.serve(t, "shop.example.com", Endpoint{
		ID: "web-1-a", Release: 1, Address: backend.Listener.Addr().String(), Protocol: ProtocolH2C, Weight: 100, Ready: true, Serving: true,
	})
	s.tls.Serve(map[string]*tls.Certificate{"shop.example.com": signed(t, s.roots, 1, "shop.example.com")})
	body, calls := io.Pipe()
	r, _ := http.NewRequest("POST", "https://shop.example.com/shop.Cart/Watch", body)
	r.Header.Set("Content-Type", "application/grpc")
	r.Header.Set("Te", "trailers")
	res, err := s.browser(t, true).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for _, frame := range []string{"\x00\x00\x00\x00\x01a", "\x00\x00\x00\x00\x01b"} {
		calls.Write([]byte(frame))
		got := make([]byte, 6)
		if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != strings.ToUpper(frame) {
			t.Fatalf("frame %q: %q %v", frame, got, err)
		}
	}
	calls.Close()
	if _, err := io.ReadAll(res.Body); err != nil || res.ProtoMajor != 2 || res.Trailer.Get("Grpc-Status") != "0" {
		t.Errorf("end %v, %s, trailer %v", err, res.Proto, res.Trailer)
	}
}
