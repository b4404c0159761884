package node

import (
	"hash/fnv"
	"strconv"
	"strings"

	"slipway.dev/events"
)

// Ports a node allots: below the ephemeral range of Linux, so that no outgoing connection takes one.
const (
	firstPort = 20000
	lastPort  = 29999
)

// beginAt lets a node that uses no port begin at one of its own, so that two nodes of
// one machine do not try the same ones.
func (s *State) beginAt(port int) {
	if port >= firstPort && port <= lastPort && len(s.ledger().taken) == 0 {
		s.NextPort = port
	}
}

// PortOf spreads the first ports of nodes by name: of a data folder, for one.
func PortOf(name string) int {
	h := fnv.New32a()
	h.Write([]byte(name))
	return firstPort + int(h.Sum32()%(lastPort-firstPort+1))
}

// ledger is what one decision knows of the ports.
type ledger struct {
	taken map[int]bool
	next  int
}

// ledger holds every port some instance may be using.
func (s *State) ledger() *ledger {
	l := &ledger{taken: map[int]bool{}, next: s.NextPort}
	for _, i := range s.Instances {
		for _, port := range i.Ports {
			l.taken[port] = true
		}
	}
	return l
}

// allot chooses the ports of a start: the fixed ones as they are, the others from the ledger. ok is false if one is
// not to be had: none is free, or an instance that is to go still has the fixed one.
func (l *ledger) allot(spec *events.Spec) (ports map[string]int, ok bool) {
	for _, name := range spec.PortNames() {
		if ports == nil {
			ports = make(map[string]int, len(spec.Ports))
		}
		port := spec.Ports[name].HostPort
		if port == 0 {
			if port, ok = l.free(); !ok {
				return nil, false
			}
			l.next = after(port)
		} else if l.taken[port] {
			return nil, false
		}
		ports[name], l.taken[port] = port, true
	}
	return ports, true
}

func (l *ledger) free() (port int, ok bool) {
	for port, n := l.next, firstPort; n <= lastPort; port, n = after(port), n+1 {
		if !l.taken[port] {
			return port, true
		}
	}
	return 0, false
}

// allots tells whether a port of a spec is the node's choice, so that another one can be tried.
func allots(spec *events.Spec) bool {
	for _, p := range spec.Ports {
		if p.HostPort == 0 {
			return true
		}
	}
	return false
}

func after(port int) int {
	if port >= lastPort || port < firstPort {
		return firstPort
	}
	return port + 1
}

// rest moves the beginning of the search behind the ports just given out.
func (s *State) rest(spec *events.Spec, ports map[string]int) {
	if spec == nil {
		return
	}
	for _, name := range spec.PortNames() {
		if port := ports[name]; spec.Ports[name].HostPort == 0 && port >= firstPort && port <= lastPort {
			s.NextPort = after(port)
		}
	}
}

func hostPort(host string, port int) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(port)
}

// addresses are where an instance is reached: at its main port, and at its further ones by name.
func (s *State) addresses(i *Instance, spec *events.Spec) (main string, more map[string]string) {
	for _, name := range spec.PortNames() {
		at := hostPort(s.Said.Address, i.Ports[name])
		if name == spec.MainPort() {
			main = at
			continue
		}
		if more == nil {
			more = map[string]string{}
		}
		more[name] = at
	}
	return main, more
}
