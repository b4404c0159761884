package plane

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"slipway.dev/pkg/wait"
)

// supervisor is systemd, where it started this process: sd_notify by hand.
type supervisor struct {
	socket   string
	watchdog time.Duration // it wants a word this often; 0: never
}

func supervisorOf(getenv func(string) string) supervisor {
	s := supervisor{socket: getenv("NOTIFY_SOCKET")}
	if µs, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64); err == nil && µs > 0 {
		s.watchdog = time.Duration(µs) * time.Microsecond
	}
	return s
}

// tell says one word: READY=1, STOPPING=1, WATCHDOG=1.
func (s supervisor) tell(state string) error {
	if s.socket == "" {
		return nil
	}
	name := s.socket
	if strings.HasPrefix(name, "@") {
		name = "\x00" + name[1:] // the abstract namespace
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("notify supervisor: %w", err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(state)); err != nil {
		return fmt.Errorf("notify supervisor: %w", err)
	}
	return nil
}

// pet says WATCHDOG=1 at twice the pace asked for, as long as every loop turns.
func (s supervisor) pet(ctx context.Context, b *beats) {
	if s.watchdog <= 0 {
		return
	}
	for wait.For(ctx, s.watchdog/2) {
		if b.still(s.watchdog) == "" {
			_ = s.tell("WATCHDOG=1") // unheard, the supervisor acts
		}
	}
}
