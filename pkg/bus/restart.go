package bus

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// ErrWrites says that the server takes no writes any more: a write failed, and it
// keeps that error until it is started anew, whatever becomes of the disk.
var ErrWrites = errors.New("the store takes no writes")

// roomAgain is the least free disk with which a new start is worth the interruption:
// a few blocks of the log.
const roomAgain = 16 << 20

// running is the server that runs now.
func (s *Server) running() *server.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nats
}

// InProcessConn connects to the server that runs now, so that connections of this
// process outlive Restart.
func (s *Server) InProcessConn() (net.Conn, error) { return s.running().InProcessConn() }

// WriteError is the write that failed in any stream, as ErrWrites; nil for none.
func (s *Server) WriteError() error {
	ns := s.running()
	if !ns.JetStreamEnabled() {
		return fmt.Errorf("%w: JetStream is off", ErrWrites)
	}
	health := ns.Healthz(&server.HealthzOptions{Details: true})
	for _, e := range health.Errors {
		if strings.Contains(e.Error, "write error") { // the server has no type for it
			return fmt.Errorf("%w: %s", ErrWrites, e.Error)
		}
	}
	return nil
}

// Room tells whether the store's disk has room again; true where that is unknown.
func (s *Server) Room() bool {
	free, known := freeDisk(s.storeDir)
	return !known || free >= roomAgain
}

// Restart ends the server and starts another on the same store and address. Its
// connections come back by themselves; what was kept in memory is lost.
func (s *Server) Restart() error {
	o := s.options
	if !o.DontListen {
		_, port, err := net.SplitHostPort(strings.TrimPrefix(s.ClientURL(), "nats://"))
		if err != nil {
			return fmt.Errorf("restart server: %w", err)
		}
		o.Port, _ = strconv.Atoi(port)
	}
	s.Shutdown()
	ns, err := launch(o.options(), o.Log)
	if err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nats = ns
	return nil
}
