package plane

import (
	"fmt"
	"strconv"
	"strings"

	"slipway.dev/services/deployer"
	"slipway.dev/services/slipway/fault"
)

// MeshPorts is the default of --mesh-ports.
var MeshPorts = fmt.Sprintf("%d-%d", deployer.MeshPorts.First, deployer.MeshPorts.Last)

// Ports that a program may listen on without being root.
const (
	leastPort = 1024
	lastPort  = 65535
)

// meshPorts parses a range of ports; nothing is the default.
func meshPorts(text string) (r deployer.PortRange, err error) {
	if text == "" {
		return deployer.MeshPorts, nil
	}
	first, last, _ := strings.Cut(text, "-")
	if r.First, err = strconv.Atoi(first); err == nil {
		r.Last, err = strconv.Atoi(last)
	}
	if err != nil || r.First < leastPort || r.Last > lastPort || r.First > r.Last {
		return r, fault.New("SLW-U002", "--mesh-ports %q is no range such as %s", text, MeshPorts)
	}
	return r, nil
}
