package proxy

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"
)

func TestOneClientHoldsNotAllConnections(t *testing.T) {
	l := newCountedListener(listen(t), 10)
	l.crowd = newCrowd(2, netip.MustParsePrefix("127.0.0.3/32").Contains)
	defer l.Close()
	accepted := make(chan net.Conn, 20)
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			accepted <- c
		}
	}()
	from := func(ip string) net.Conn {
		t.Helper()
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}, Timeout: patience}
		c, err := d.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	closed := func(c net.Conn) error {
		c.SetReadDeadline(time.Now().Add(patience))
		_, err := c.Read(make([]byte, 1))
		return err
	}
	from("127.0.0.1")
	first := receive(t, "first", accepted)
	from("127.0.0.1")
	receive(t, "second", accepted)
	if err := closed(from("127.0.0.1")); err != io.EOF {
		t.Fatalf("the third is not closed: %v", err)
	}
	from("127.0.0.2")
	receive(t, "another client's", accepted)
	for range 4 {
		from("127.0.0.3")
		receive(t, "a trusted proxy's", accepted)
	}
	first.Close()
	first.Close() // counts once
	from("127.0.0.1")
	receive(t, "one in place of the first", accepted)
	if err := closed(from("127.0.0.1")); err != io.EOF {
		t.Fatalf("a third again: %v", err)
	}
	l.crowd.mu.Lock()
	defer l.crowd.mu.Unlock()
	if len(l.crowd.of) != 2 {
		t.Fatalf("counted: %v", l.crowd.of)
	}
}

func TestWhoIsNoOneClient(t *testing.T) {
	p := New(Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for address, many := range map[string]bool{"127.0.0.1": true, "::1": true, "10.1.2.3": true, "192.0.2.1": false, "2001:db8::1": false} {
		if p.speaksForMany(netip.MustParseAddr(address)) != many {
			t.Errorf("%s: not %v", address, many)
		}
	}
}
