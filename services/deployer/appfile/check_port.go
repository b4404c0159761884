package appfile

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"slipway.dev/events"
)

const (
	maxPorts     = 32
	maxHosts     = 16
	maxHostBytes = 253
	maxPort      = 65_535
	maxRoute     = 512 // bytes of a path prefix
)

var (
	hostShape = regexp.MustCompile(`^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)
	dotSteps  = regexp.MustCompile(`(^|/)\.{1,2}(/|$)`)
)

const hostRule = "must be a host name in lower case, such as shop.example.com or *.example.com"

func (c *checker) ports() {
	if len(c.doc.Ports) > maxPorts {
		c.refuse(OutOfRange, []string{"ports"}, fmt.Sprintf("at most %d ports", maxPorts))
	}
	fixed := map[int]string{}
	for _, name := range sortedKeys(c.doc.Ports) {
		p, at := c.doc.Ports[name], []string{"ports", name}
		if !nameShape.MatchString(name) {
			c.refuse(OutOfRange, at, "a port's name "+nameRule)
		}
		if p.Target != 0 {
			c.refuse(Exclusive, below(at, "target"),
				"target and driver process exclude one another: a process is told its port in PORT, and a fixed one is hostPort")
		}
		c.hostPort(p.HostPort, fixed, name)
		c.word(p.Protocol, "ports", name, "protocol")
		c.listen(p, name)
	}
}

// listen: a port of protocol tcp has neither host nor path, but may have a port of
// the gateways; another one has no such port.
func (c *checker) listen(p events.DeclaredPort, name string) {
	at := []string{"ports", name}
	if p.Protocol != events.ProtocolTCP {
		if p.Listen != 0 || c.written(below(at, "listen")) {
			c.refuse(Exclusive, below(at, "listen"), "listen and protocol "+p.Protocol+" exclude one another: only a port of protocol tcp has one of the gateways' own")
		}
		return
	}
	for field, is := range map[string]bool{
		"host": p.NoHost || len(p.Hosts) > 0, "path": p.Path != "" && p.Path != "/", "strip": p.Strip, "tls": p.TLS != "",
	} {
		if is {
			c.refuse(Exclusive, below(at, field), field+" and protocol tcp exclude one another: there are no requests to tell apart, the route is listen")
		}
	}
	if p.Listen == 0 && !c.written(below(at, "listen")) {
		return
	}
	c.within(int64(p.Listen), span{1, maxPort, formatCount}, below(at, "listen")...)
	for _, other := range sortedKeys(c.doc.Ports) {
		if q := c.doc.Ports[other]; other < name && q.Listen == p.Listen {
			c.refuse(Exclusive, below(at, "listen"), fmt.Sprintf("ports %s and %s exclude one another: both are port %d of the gateways", other, name, p.Listen))
		}
	}
}

func (c *checker) hostPort(number int, fixed map[int]string, name string) {
	at := []string{"ports", name, "hostPort"}
	if number == 0 && !c.written(at) {
		return
	}
	c.within(int64(number), span{1, maxPort, formatCount}, at...)
	if other, taken := fixed[number]; taken && number != 0 {
		c.refuse(Exclusive, at, fmt.Sprintf("ports %s and %s exclude one another: both are %d on the node", other, name, number))
	}
	fixed[number] = name
}

// routes: hosts and paths, each pair once in the app.
func (c *checker) routes() {
	taken := map[string]string{}
	for _, name := range sortedKeys(c.doc.Ports) {
		p := c.doc.Ports[name]
		if p.Protocol == events.ProtocolTCP {
			continue
		}
		c.hosts(p, name)
		c.tls(p, name)
		if !strings.HasPrefix(p.Path, "/") || len(p.Path) > maxRoute || strings.ContainsAny(p.Path, "?#%\\ \x00") ||
			strings.Contains(p.Path, "//") || dotSteps.MatchString(p.Path) {
			c.refuseText(OutOfRange, []string{"ports", name, "path"}, "must be a path such as /checkout", p.Path)
		}
		if !p.Routed() {
			continue
		}
		hosts := p.Hosts
		if len(hosts) == 0 {
			hosts = []string{"the default host"}
		}
		for _, host := range hosts {
			key := host + " " + strings.TrimSuffix(path.Clean("/"+p.Path), "/")
			if other, twice := taken[key]; twice {
				c.refuse(Exclusive, []string{"ports", name},
					fmt.Sprintf("ports %s and %s exclude one another: both answer for %s at %s", other, name, host, p.Path))
				break
			}
			taken[key] = name
		}
	}
}

func (c *checker) hosts(p events.DeclaredPort, name string) {
	at := []string{"ports", name, "host"}
	if len(p.Hosts) > maxHosts {
		c.refuse(OutOfRange, at, fmt.Sprintf("at most %d hosts", maxHosts))
	}
	if p.NoHost && len(p.Hosts) > 0 {
		c.refuse(Exclusive, at, "none and a host exclude one another")
	}
	for _, host := range p.Hosts {
		if !isHost(host) {
			c.refuseText(OutOfRange, at, hostRule, host)
		}
	}
}

func isHost(host string) bool { return len(host) <= maxHostBytes && hostShape.MatchString(host) }
