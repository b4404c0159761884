package plane

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"slipway.dev/services/gateway/edge"
)

// door is where a gateway listens. A socket that was passed to this process, or that
// is held because its port was any free one, is given out once; others are opened.
type door struct {
	address string // of the plain listener, real; empty: none
	secure  string // of the TLS listener, real; empty: none
	tls     TLS
	streams time.Duration  // how long streams live on once a successor serves; 0 is the default
	trusted []netip.Prefix // proxies in front
	heir    bool           // a predecessor serves until this one does
	opened  func()         // called once every listener is open; nil: nobody asks

	hands  atomic.Pointer[edge.Driver] // of the gateway under way
	passed atomic.Bool                 // a successor serves

	mu   sync.Mutex
	kept []net.Listener          // not given out yet
	out  map[string]net.Listener // given out, by address
}

// newDoor makes one; held may be nil.
func newDoor(address string, held net.Listener) *door {
	d := &door{address: address}
	if held != nil {
		d.kept = append(d.kept, held)
	}
	return d
}

// addresses are the public ones; none: it takes calls between apps alone.
func (d *door) addresses() []string {
	if d.address == "" {
		return []string{}
	}
	return []string{d.address}
}

func (d *door) open(address string) (net.Listener, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.takeKept(address)
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", address); err != nil {
			return nil, err
		}
	}
	if d.out == nil {
		d.out = map[string]net.Listener{}
	}
	d.out[l.Addr().String()] = l
	return l, nil
}

func (d *door) takeKept(address string) net.Listener {
	for i, l := range d.kept {
		if l.Addr().String() == address {
			d.kept = append(d.kept[:i:i], d.kept[i+1:]...)
			return l
		}
	}
	return nil
}

// handedOver tells whether a successor serves. No door: nothing to hand over.
func (d *door) handedOver() bool { return d != nil && d.passed.Load() }

// live tells whether the gateway of this process serves as the log says.
func (d *door) live() bool {
	hands := d.hands.Load()
	return hands != nil && hands.Live()
}

// close gives back what nobody opened.
func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.kept {
		l.Close()
	}
	d.kept = nil
}

// files are copies of the open sockets with their names, for a successor. The copies
// share their queue of connections with the originals.
func (d *door) files() (files []*os.File, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for at, l := range d.out {
		f, err := copied(d.name(at), l)
		switch {
		case err == nil:
			files = append(files, f)
		case closed(l):
			delete(d.out, at)
		default:
			closeAll(files)
			return nil, fmt.Errorf("copy the listener at %s: %w", at, err)
		}
	}
	return files, nil
}

// name is a socket's in LISTEN_FDNAMES: what it is for, as far as its address tells.
func (d *door) name(at string) string {
	switch at {
	case d.address:
		return nameHTTP
	case d.secure:
		return nameHTTPS
	}
	_, port, _ := net.SplitHostPort(at)
	return "port-" + port
}

// copied makes a copy that is, like the original, never waited on in the kernel: the
// mode is common to both, and File of package net would change it.
func copied(name string, l net.Listener) (*os.File, error) {
	raw, err := l.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	told := raw.Control(func(of uintptr) { fd, err = unix.FcntlInt(of, unix.F_DUPFD_CLOEXEC, 0) })
	if told != nil {
		return nil, told
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

func closed(l net.Listener) bool {
	raw, err := l.(syscall.Conn).SyscallConn()
	return err != nil || raw.Control(func(uintptr) {}) != nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
