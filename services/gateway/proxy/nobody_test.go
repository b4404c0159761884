package proxy

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"syscall"
	"testing"
)

// nobody returns an endpoint at an address where nothing listens.
func nobody(t testing.TB, id string, release uint64) Endpoint {
	t.Helper()
	e, _ := latecomer(t, id, release)
	return e
}

// latecomer returns an endpoint at an address where nothing listens until it arrives. Its
// port is held all the time: one that is let go may be somebody's at once.
func latecomer(t testing.TB, id string, release uint64) (e Endpoint, arrives func(http.HandlerFunc)) {
	t.Helper()
	held, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(held), id)
	t.Cleanup(func() { file.Close() })
	if err := syscall.Bind(held, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(held)
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(at.(*syscall.SockaddrInet4).Port))
	return Endpoint{ID: id, Release: release, Address: address, Weight: 100, Ready: true, Serving: true}, func(h http.HandlerFunc) {
		t.Helper()
		if err := syscall.Listen(held, syscall.SOMAXCONN); err != nil {
			t.Fatal(err)
		}
		l, err := net.FileListener(file)
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewUnstartedServer(h)
		s.Listener.Close()
		s.Listener = l
		s.Start()
		t.Cleanup(s.Close)
	}
}
