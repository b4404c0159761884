package edge

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/acme/authority"
	"slipway.dev/services/gateway/vault"
)

// certified falls to gw1-a of the two gateways.
const certified = "a.example.com"

// pairOf are two gateways at one port of two addresses, on one log, with one authority,
// which always asks the second.
type pairOf struct {
	*plane
	t         *testing.T
	authority *authority.Authority
	port      int // of both
	shelf     *shelf
	key       []byte // the store key that both are given
}

func newPair(t *testing.T, life time.Duration) *pairOf {
	p := &pairOf{t: t, port: freePort(t), plane: &plane{memory: newMemory(t)}, shelf: &shelf{all: map[string][]byte{}}}
	p.authority = authority.New(t, p.port, life)
	p.authority.Ask("127.0.0.2")
	path := filepath.Join(t.TempDir(), "store.key")
	if _, err := vault.OpenKey(path); err != nil {
		t.Fatal(err)
	}
	p.key, _ = os.ReadFile(path)
	return p
}

// begin starts gateways and declares the host once all of them live: before, it would
// fall to the first.
func (p *pairOf) begin(all ...*secure) {
	p.t.Helper()
	for _, s := range all {
		s.start()
	}
	for _, s := range all {
		awaitFact(p.memory, func(d events.GatewayJoined) bool { return d.Gateway == s.name })
	}
	b := newBackend(p.t, 7)
	p.say(events.RouteShifted{OfRoute: events.OfRoute{App: "web", Generation: 1}, Route: events.Route{
		Rules: []events.RouteRule{{Host: certified, Path: "/", TLS: events.TLSAuto}}, Shares: []events.RouteShare{{Release: 7, ShareBp: 10000}},
	}})
	p.list(b)
}

// freePort is free at both addresses.
func freePort(t *testing.T) int {
	for range 20 {
		a, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := a.Addr().(*net.TCPAddr).Port
		b, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2), Port: port})
		a.Close()
		if err == nil {
			b.Close()
			return port
		}
	}
	t.Fatal("no port is free at both addresses")
	return 0
}

// ears hears its own leases alone.
type ears struct {
	*memory
	own *memory
}

func (e ears) Lease(subject string, body events.LeaseBody) { e.own.Lease(subject, body) }

func (e ears) Leases(ctx context.Context, subjects []string, r service.Reader) error {
	return e.own.Leases(ctx, subjects, r)
}

// secure is a gateway that serves by TLS, made again over its folder after each end.
type secure struct {
	*edgeOf
	p                *pairOf
	name, ip, folder string
	way              http.RoundTripper // to the authority
	tls              string            // address of its TLS listener
	files            string            // an operator's certificates
}

func (p *pairOf) gateway(name, ip string) *secure {
	p.t.Helper()
	s := &secure{p: p, name: name, ip: ip, folder: p.t.TempDir(), way: p.authority.Client.Transport}
	if err := os.WriteFile(filepath.Join(s.folder, "store.key"), p.key, 0o600); err != nil {
		p.t.Fatal(err)
	}
	return s
}

// make makes its driver, not running yet.
func (s *secure) make() gateway.Config {
	key, err := vault.OpenKey(filepath.Join(s.folder, "store.key"))
	if err != nil {
		s.p.t.Fatal(err)
	}
	l, err := net.Listen("tcp", s.ip+":0")
	if err != nil {
		s.p.t.Fatal(err)
	}
	s.tls = l.Addr().String()
	cfg := Config{
		Name: s.name, Listen: []string{s.plain()}, Table: filepath.Join(s.folder, "table"), Logger: zerolog.Nop(),
		Open: func(address string) (net.Listener, error) {
			if address == s.tls {
				return l, nil
			}
			return net.Listen("tcp", address)
		},
		TLS: &TLS{
			Listen: []string{s.tls}, Port: l.Addr().(*net.TCPAddr).Port, Files: s.files, Copies: vault.Copies{Folder: filepath.Join(s.folder, "certificates")},
			Key: key, Objects: s.p.shelf, HTTP: &http.Client{Transport: s.way}, Spread: 100 * time.Millisecond,
		},
	}
	own := newMemory(s.p.t)
	s.edgeOf = &edgeOf{Driver: New(cfg, ears{s.p.memory, own}), t: s.p.t, done: make(chan error, 1)}
	s.end = func() { l.Close() }
	return gateway.Config{Name: s.name, Addresses: cfg.Listen, TLS: &events.GatewayTLS{
		Addresses: cfg.TLS.Listen, Directory: s.p.authority.Directory, Store: key.Fingerprint(),
	}}
}

func (s *secure) plain() string { return net.JoinHostPort(s.ip, strconv.Itoa(s.p.port)) }

// start runs it until it is killed.
func (s *secure) start() {
	cfg := s.make()
	ctx, end := context.WithCancel(context.Background())
	s.end = end
	g, bus := s.edgeOf, ears{s.p.memory, newMemory(s.p.t)}
	go func() {
		g.done <- service.Run(ctx, gateway.Service(cfg, g.Driver), bus, service.Options{Logger: zerolog.Nop(), Applied: g.Folded})
	}()
	s.p.t.Cleanup(g.kill)
}

func (s *secure) client(h2 bool) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", s.tls)
	}
	tr := &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: s.p.authority.Roots}, ForceAttemptHTTP2: h2}
	s.p.t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: patience}
}

// seen is one answer by TLS.
type seen struct {
	status, proto int
	body, serial  string
	reused        bool
}

func over(t *testing.T, c *http.Client) (x seen) {
	t.Helper()
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) { x.reused = i.Reused },
	})
	r, _ := http.NewRequestWithContext(ctx, "GET", "https://"+certified+"/", nil)
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	x.status, x.proto, x.body, x.serial = res.StatusCode, res.ProtoMajor, string(b), res.TLS.PeerCertificates[0].SerialNumber.Text(16)
	return x
}

// serves waits until new connections get that certificate.
func (s *secure) serves(serial string) {
	s.p.t.Helper()
	eventually(s.p.t, s.name+" serves "+serial, func() bool {
		c, err := tls.Dial("tcp", s.tls, &tls.Config{ServerName: certified, RootCAs: s.p.authority.Roots})
		if err != nil {
			return false
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.Text(16) == serial
	})
}

func (p *pairOf) obtained(n int) (d events.CertificateObtained) {
	p.t.Helper()
	seen := map[string]bool{}
	awaitFact(p.memory, func(x events.CertificateObtained) bool {
		seen[x.Serial], d = true, x
		return len(seen) >= n
	})
	return d
}

// dataplane-15 a host's certificate obtained by one gateway is served by all, renewed
// without touching a connection; no key in any event or in the clear in the object
// store; a start without a bus serves it.
func TestOneObtainsAllServe(t *testing.T) {
	p := newPair(t, 10*time.Second)
	one, two := p.gateway("gw1-a", "127.0.0.1"), p.gateway("gw2-a", "127.0.0.2")
	p.begin(one, two)
	first := p.obtained(1)
	if first.Gateway != "gw1-a" || first.App != "web" {
		t.Errorf("obtained by %s for %s", first.Gateway, first.App)
	}
	var open []*http.Client
	for _, s := range []*secure{one, two} {
		s.serves(first.Serial)
		for _, h2 := range []bool{false, true} {
			c := s.client(h2)
			open = append(open, c)
			if x := over(t, c); x.status != 200 || x.body != "release 7" || (x.proto == 2) != h2 || x.serial != first.Serial {
				t.Errorf("%s, h2 %v: %+v", s.name, h2, x)
			}
		}
	}
	p.nothingTold(one)
	second := p.obtained(2)
	orders := map[string]int{}
	all, _ := p.stored()
	for _, e := range all {
		if d, ok := e.Data.(events.CertificateObtaining); ok {
			orders[d.Gateway]++
		}
	}
	if orders["gw1-a"] != 2 || orders["gw2-a"] != 0 {
		t.Errorf("orders by gateway %v, want two of gw1-a", orders)
	}
	if life := first.NotAfter.Sub(first.NotBefore); second.NotBefore.Before(first.NotBefore.Add(life*2/3 - time.Second)) {
		t.Errorf("renewed at %s, first good from %s for %s", second.NotBefore, first.NotBefore, life)
	}
	one.serves(second.Serial)
	two.serves(second.Serial)
	for i, c := range open {
		if x := over(t, c); x.status != 200 || !x.reused || x.serial != first.Serial {
			t.Errorf("open connection %d after the renewal: %+v", i, x)
		}
	}
	p.nothingTold(one)
	one.kill()
	two.kill()
	two.make() // nobody gives it a bus
	defer two.Close()
	if err := two.ServeStale(t.Context()); err != nil {
		t.Fatal(err)
	}
	if x := over(t, two.client(true)); x.status != 200 || x.body != "release 7" || x.serial != second.Serial {
		t.Errorf("without a bus: %+v", x)
	}
}

// nothingTold looks for the key that is served, and for any other, wherever a gateway
// writes.
func (p *pairOf) nothingTold(s *secure) {
	p.t.Helper()
	key, ok := s.certs.last(certified).PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		p.t.Fatal("serves no key of its own")
	}
	secret, err := key.Bytes()
	if err != nil {
		p.t.Fatal(err)
	}
	places := map[string][]byte{}
	all, _ := p.stored()
	for _, e := range all {
		b, err := events.Encode(e)
		if err != nil {
			p.t.Fatal(err)
		}
		places["event "+e.Pos.String()] = b
	}
	p.shelf.mu.Lock()
	for name, b := range p.shelf.all {
		places["object "+name] = b
	}
	p.shelf.mu.Unlock()
	err = filepath.WalkDir(filepath.Join(s.folder, "certificates"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			places[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil || len(p.shelf.all) < 2 {
		p.t.Fatalf("%d objects, %v", len(p.shelf.all), err)
	}
	for where, b := range places {
		for _, form := range [][]byte{secret, []byte(hex.EncodeToString(secret)), base64Of(secret), []byte("PRIVATE KEY"), base64Of([]byte("PRIVATE KEY-----"))} {
			if bytes.Contains(b, form) {
				p.t.Errorf("%s holds key material", where)
			}
		}
	}
}

// base64Of is what of bytes stays the same wherever they stand in base64's groups of
// three, when they begin one.
func base64Of(b []byte) []byte {
	return []byte(base64.RawStdEncoding.EncodeToString(b[:len(b)/3*3]))
}

// An order whose gateway dies is made by the other, or by its next start.
func TestObtainerDiesInMidOrder(t *testing.T) {
	begin := func(t *testing.T) (*pairOf, *secure, *secure) {
		p := newPair(t, time.Hour)
		one, two := p.gateway("gw1-a", "127.0.0.1"), p.gateway("gw2-a", "127.0.0.2")
		way := &stuck{RoundTripper: one.way, path: "/finalize-order/", asked: make(chan struct{})}
		one.way = way
		p.begin(one, two)
		select {
		case <-way.asked:
		case <-time.After(patience):
			t.Fatal("the order never came so far")
		}
		one.kill()
		one.way = way.RoundTripper
		return p, one, two
	}
	t.Run("another makes it once the dead one's lease has lapsed", func(t *testing.T) {
		p, _, two := begin(t)
		p.say(events.LeaseLapsed{SilentMs: 3100, Lease: events.Lease{
			OfHolder: events.OfHolder{Holder: "gateway-gw1-a"}, Kind: "gateway", Name: "gw1-a", Incarnation: 1,
		}})
		d := p.obtained(1)
		if d.Gateway != "gw2-a" {
			t.Errorf("obtained by %s", d.Gateway)
		}
		two.serves(d.Serial)
	})
	t.Run("its next start makes it", func(t *testing.T) {
		p, one, two := begin(t)
		one.start()
		d := p.obtained(1)
		if d.Gateway != "gw1-a" {
			t.Errorf("obtained by %s", d.Gateway)
		}
		one.serves(d.Serial)
		two.serves(d.Serial)
	})
}

// An authority that is told the wrong address says so, and the order waits.
func TestOrderFails(t *testing.T) {
	p := newPair(t, time.Hour)
	p.authority.Ask("127.0.0.3") // nobody is there
	one := p.gateway("gw1-a", "127.0.0.1")
	p.begin(one)
	e := awaitFact(p.memory, func(events.CertificateFailed) bool { return true })
	d := e.Data.(events.CertificateFailed)
	if wait := d.RetryAt.Sub(e.Time); wait < time.Minute || wait > 70*time.Second || !strings.Contains(e.Reason, "refused") {
		t.Errorf("again in %s, %q", wait, e.Reason)
	}
	status, _, header, err := ask(http.DefaultClient, "GET", "http://"+one.plain())
	if err != nil || status != 404 {
		t.Errorf("another host: %d %v %v", status, header, err)
	}
}
