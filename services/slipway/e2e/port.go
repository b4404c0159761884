package e2e

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
)

// Ports that tests give out: above those that nodes allot, and below those that the
// system gives to outgoing connections, which come and go.
const (
	firstPort = 30_000
	lastPort  = 32_767
)

// portTries is how often a place for ports in a row is looked for.
const portTries = 1000

// given are the ports that the tests of this process have: one that will be bound in a
// moment, or again after a crash, is free until then.
var given struct {
	mu    sync.Mutex
	ports map[int]bool
}

// freePorts is the first of n ports in a row, which are the test's until it is over.
func freePorts(t testing.TB, n int) int {
	t.Helper()
	given.mu.Lock()
	defer given.mu.Unlock()
	for range portTries {
		first := firstPort + rand.IntN(lastPort-firstPort+2-n)
		if !free(first, n) {
			continue
		}
		give(first, n)
		t.Cleanup(func() { takeBack(first, n) })
		return first
	}
	t.Fatalf("no %d ports in a row are free from %d to %d", n, firstPort, lastPort)
	return 0
}

// freePort is one such port, as an address.
func (p *Plane) freePort() string {
	p.t.Helper()
	return "127.0.0.1:" + strconv.Itoa(freePorts(p.t, 1))
}

func free(first, n int) bool {
	for port := first; port < first+n; port++ {
		if given.ports[port] {
			return false
		}
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

func give(first, n int) {
	if given.ports == nil {
		given.ports = map[int]bool{}
	}
	for port := first; port < first+n; port++ {
		given.ports[port] = true
	}
}

func takeBack(first, n int) {
	given.mu.Lock()
	defer given.mu.Unlock()
	for port := first; port < first+n; port++ {
		delete(given.ports, port)
	}
}
