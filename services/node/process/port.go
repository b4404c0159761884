package process

import (
	"net"
	"strconv"
	"strings"
	"time"

	"slipway.dev/services/node/driver"
)

// PortFree tells whether a TCP port can be bound on every address of this machine now. It is a look, not a reservation.
func PortFree(port int) bool {
	l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	l.Close()
	return true
}

// bindTime is how long after its start an instance may still be at binding its ports; later such a line is about something else.
const bindTime = 30 * time.Second

// addressInUse recognises that a port was taken, so that another one is allotted and no failure counted.
func addressInUse(e exit, tail []string) bool {
	if e.Code == 0 || e.NotStarted || e.Ended.Sub(e.Began) > bindTime {
		return false
	}
	for _, line := range tail {
		line = strings.ToLower(line)
		if strings.Contains(line, "address already in use") || strings.Contains(line, "eaddrinuse") ||
			strings.Contains(line, driver.ReasonAddressInUse) {
			return true
		}
	}
	return false
}
