package process

import (
	"maps"
	"net"
	"slices"
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

// portsFree refuses a start whose ports somebody else has: until the workload's own failure is noticed, the stranger would
// pass its checks and get its requests.
func portsFree(ports map[string]int) error {
	for _, name := range slices.Sorted(maps.Keys(ports)) {
		if port := ports[name]; !PortFree(port) {
			return &driver.Fault{Reason: driver.ReasonAddressInUse + ": port " + strconv.Itoa(port) + " belongs to somebody else"}
		}
	}
	return nil
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
