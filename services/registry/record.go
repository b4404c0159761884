package registry

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

var (
	offerName  = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	appName    = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$`)
	portName   = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$`)
	instanceID = regexp.MustCompile(`^-[0-9]+-[a-z]+[0-9]+$`) // behind the app's name
	hostName   = regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$`)
	numberHost = regexp.MustCompile(`(^|\.)([0-9]+|0[xX][0-9A-Fa-f]*)\.?$`) // some resolvers read it as an address
)

var protocols = map[string]bool{"http": true, "h2c": true, "https": true}

// recordOf is the record an offer asks for, with what it left out filled in.
func recordOf(app string, d events.WishEndpointOffered) events.Endpoint {
	r := events.Endpoint{
		App: app, Endpoint: d.Endpoint, Zone: d.Zone, Address: d.Address, Ports: d.Ports, Protocol: d.Protocol,
		Weight: events.OfferWeight, Liveness: d.Liveness, ProbePath: d.ProbePath, Tags: d.Tags,
	}
	if d.Weight != nil {
		r.Weight = *d.Weight
	}
	if r.Protocol == "" {
		r.Protocol = "http"
	}
	if r.Liveness == "" {
		r.Liveness = events.LivenessLease
	}
	if isProbed(r) && r.ProbePath == "" {
		r.ProbePath = "/"
	}
	return r
}

// bad tells what is wrong with the record of an offer, naming the field; cause is
// address or record, empty for a sound one.
func (cfg Config) bad(r events.Endpoint, f *Fleet) (cause, why string) {
	for _, rule := range []func(events.Endpoint) string{badName, badShares, badLiveness, badTags} {
		if why := rule(r); why != "" {
			return "record", why
		}
	}
	if why := cfg.badAddress(r.Address, f); why != "" {
		return "address", "address: " + why
	}
	if len(r.Ports) > events.MaxOfferPorts {
		return "record", fmt.Sprintf("ports: %d, at most %d", len(r.Ports), events.MaxOfferPorts)
	}
	for _, name := range service.Sorted(r.Ports) {
		if !portName.MatchString(name) {
			return "record", "ports: a name is 1 to 40 of a-z, 0-9 and -"
		}
		if why := cfg.badAddress(r.Ports[name], f); why != "" {
			return "address", "ports." + name + ": " + why
		}
	}
	if body, err := json.Marshal(r); err != nil || len(body) > events.MaxOfferBytes {
		return "record", fmt.Sprintf("record: %d bytes, at most %d", len(body), events.MaxOfferBytes)
	}
	return "", ""
}

// Unsound tells what is wrong with an offer whatever the cluster is, naming the field;
// empty for a sound one. The rest is for the registry to refuse.
func Unsound(d events.WishEndpointOffered) string {
	_, why := Config{}.bad(recordOf(d.App, d), &Fleet{Nodes: map[string]*Member{"": {Address: "127.0.0.1"}}})
	return why
}

func badName(r events.Endpoint) string {
	behind, like := strings.CutPrefix(r.Endpoint, r.App)
	switch {
	case !appName.MatchString(r.App):
		return "app: a name is 1 to 40 of a-z, 0-9 and -, beginning with a letter"
	case len(r.Endpoint) > events.MaxOfferName || !offerName.MatchString(r.Endpoint):
		return fmt.Sprintf("endpoint: a name is 1 to %d of A-Z, a-z, 0-9, _ and -", events.MaxOfferName)
	case like && instanceID.MatchString(behind):
		return "endpoint: " + r.Endpoint + " is how an instance of the app would be called"
	}
	return ""
}

func badShares(r events.Endpoint) string {
	switch {
	case r.Protocol == "tcp":
		return "protocol: tcp is not built yet"
	case !protocols[r.Protocol]:
		return "protocol: must be http, h2c or https"
	case r.Weight < 0 || r.Weight > events.MaxOfferWeight:
		return fmt.Sprintf("weight: %d, must be 0 to %d", r.Weight, events.MaxOfferWeight)
	case len(r.Zone) > events.MaxOfferZone:
		return fmt.Sprintf("zone: %d bytes, at most %d", len(r.Zone), events.MaxOfferZone)
	}
	return ""
}

func badLiveness(r events.Endpoint) string {
	if r.Liveness != events.LivenessProbe && r.Liveness != events.LivenessLease {
		return "liveness: must be lease or probe"
	}
	return badProbe(r)
}

func badTags(r events.Endpoint) string {
	if len(r.Tags) > events.MaxOfferTags {
		return fmt.Sprintf("tags: %d, at most %d", len(r.Tags), events.MaxOfferTags)
	}
	for _, key := range service.Sorted(r.Tags) {
		switch {
		case key == "" || len(key) > events.MaxOfferTagKey:
			return fmt.Sprintf("tags: a key is 1 to %d bytes", events.MaxOfferTagKey)
		case len(r.Tags[key]) > events.MaxOfferTagValue:
			return fmt.Sprintf("tags.%s: %d bytes, at most %d", key, len(r.Tags[key]), events.MaxOfferTagValue)
		}
	}
	return ""
}

// badAddress tells why gateways are not to dial an address. Whatever a host name
// resolves to is seen only by who dials it.
func (cfg Config) badAddress(address string, f *Fleet) string {
	host, port, why := split(address)
	if why != "" {
		return why
	}
	ip, err := netip.ParseAddr(host)
	if err == nil {
		ip = ip.Unmap()
	}
	switch {
	case err != nil && len(host) > events.MaxOfferHost:
		return fmt.Sprintf("a host of %d bytes, at most %d", len(host), events.MaxOfferHost)
	case err != nil && (!hostName.MatchString(host) || numberHost.MatchString(host)):
		return fmt.Sprintf("%.40q is no IP address and no host name", host)
	case ip.Zone() != "" || ip.IsLinkLocalUnicast():
		return host + " is link-local"
	case err == nil && (ip.IsUnspecified() || ip.IsMulticast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255})):
		return host + " is nobody's own address"
	case cfg.isBus(host, port):
		return address + " is the bus"
	case isLoopback(host) && !f.oneMachine():
		return host + " is another machine's on every machine, and this cluster has more than one"
	}
	return ""
}

// split parts host:port; an IPv6 address stands in brackets.
func split(address string) (host string, port int, why string) {
	colon := strings.LastIndexByte(address, ':')
	if colon < 0 {
		return "", 0, "must be host:port"
	}
	host = address[:colon]
	port, err := strconv.Atoi(address[colon+1:])
	if err != nil || port < 1 || port > 65535 || address[colon+1] == '+' {
		return "", 0, fmt.Sprintf("port %.10q, must be 1 to 65535", address[colon+1:])
	}
	inside, open := strings.CutPrefix(host, "[")
	inside, closed := strings.CutSuffix(inside, "]")
	switch {
	case open && closed && strings.Contains(inside, ":"):
		return inside, port, ""
	case host == "" || strings.ContainsAny(host, ":[]"):
		return "", 0, "must be host:port, an IPv6 host in brackets"
	}
	return host, port, ""
}

func isLoopback(host string) bool {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// isBus tells whether an address is one that the bus is reached at.
func (cfg Config) isBus(host string, port int) bool {
	for _, address := range cfg.Bus {
		h, p, why := split(address)
		if why == "" && p == port && (strings.EqualFold(h, host) || isLoopback(h) && isLoopback(host)) {
			return true
		}
	}
	return false
}

// oneMachine tells that every node is reached on its own loopback address alone: then
// whoever offers such an address means the machine the gateways are on.
func (f *Fleet) oneMachine() bool {
	for _, n := range f.Nodes {
		if !isLoopback(n.Address) {
			return false
		}
	}
	return len(f.Nodes) > 0
}
