package deployer

import (
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const fullBp = 10_000 // basis points of the whole

// rules are an app's ways in, as its app file has them; green is the release a
// preview host leads to, 0 for none.
func (v view) rules(d events.Document, green int) (rules []events.RouteRule) {
	for _, name := range service.Sorted(d.Ports) {
		p := d.Ports[name]
		if !p.Routed() {
			continue
		}
		port := name
		if name == d.Spec().MainPort() {
			port = ""
		}
		if p.Protocol == events.ProtocolTCP {
			rules = append(rules, events.RouteRule{Port: port, Protocol: p.Protocol, Listen: p.Listen})
			continue
		}
		for _, h := range v.hosts(p) {
			rules = append(rules, events.RouteRule{Host: strings.ToLower(h), Path: pathOr(p.Path), Strip: p.Strip, Port: port, Protocol: spoken(p), TLS: p.TLS, Secret: p.TLSSecret})
		}
	}
	if preview := d.Deploy.BlueGreen.PreviewHost; preview != "" && green != 0 {
		rules = append(rules, events.RouteRule{Host: strings.ToLower(preview), Path: "/", Release: green, TLS: d.Ports[d.Spec().MainPort()].TLS})
	}
	sort.Slice(rules, func(i, j int) bool {
		return rules[i].Host+" "+rules[i].Path < rules[j].Host+" "+rules[j].Path
	})
	return rules
}

func (v view) hosts(p events.DeclaredPort) []string {
	if len(p.Hosts) > 0 {
		return p.Hosts
	}
	return []string{v.Name + "." + v.cfg.DefaultDomain}
}

// spoken is a port's protocol, empty for the usual one.
func spoken(p events.DeclaredPort) string {
	if p.Protocol == events.ProtocolHTTP {
		return ""
	}
	return p.Protocol
}

func pathOr(p string) string {
	if p == "" {
		return "/"
	}
	return p
}

// way is the route as it should be with these shares.
func (v view) way(shares []events.RouteShare) events.Route {
	return v.wayOf(v.Accepted.Document, shares)
}

func (v view) wayOf(d events.Document, shares []events.RouteShare) events.Route {
	return events.Route{
		Rules: v.rules(d, v.green()), Shares: shares, Balance: d.Balance,
		HTTP: d.Limits.HTTP, MeshPort: v.meshPort(d), Mesh: meshTarget(d),
		Sticky: d.Deploy.Sticky, TrafficPolicy: d.TrafficPolicy,
	}
}

// green is the release a preview host shows now.
func (v view) green() int {
	r := v.Releases[v.Live]
	if r == nil || r.Strategy != events.BlueGreen || r.Phase != progress && r.Phase != paused {
		return 0
	}
	return r.Number
}

// steer declares the way in, and says it again when only a steering field changed.
func (v view) steer() (say service.Says) {
	switch {
	case v.Retired:
		return say
	case v.Accepted == nil:
		return v.unclaim()
	case !v.routed():
		return v.unroute()
	}
	want := v.way(v.Route.Said.Shares)
	if taken := v.fleet.taken(v.Name, want.Rules); len(taken) > 0 {
		return v.lost(taken)
	}
	switch {
	case v.Route.Generation == 0 || v.Route.Removed:
		say.Because(v.Accepted.Cause, "the app's way in").Fact(events.RouteDeclared{OfRoute: v.nextRoute(), Route: v.way(nil)})
	case len(want.Shares) == 0 && want.MeshPort != v.Route.Said.MeshPort:
		say.Because(v.Accepted.Cause, "%s", v.portWords()).Fact(events.RouteDeclared{OfRoute: v.nextRoute(), Route: want})
	case !sameRoute(v.Route.Said, want):
		say.Because(v.Accepted.Cause, "the app's way in changed").Fact(events.RouteShifted{OfRoute: v.nextRoute(), Route: want})
	}
	if want.MeshPort == 0 && v.Accepted.Document.MeshPort() != "" {
		say.Waits(v.Name, waitsGateway, "a free mesh port, so that other apps can call it")
	}
	return say
}

// unroute takes the way in from an app that has none any more, once what had it is
// replaced.
func (v view) unroute() (say service.Says) {
	if v.Live == 0 && v.Route.Generation > 0 && !v.Route.Removed {
		say.Because(v.Accepted.Cause, "the app has no way in any more").Fact(events.RouteRemoved{OfRoute: v.nextRoute()})
	}
	return say
}

// lost aborts a release whose host or port another app took first.
func (v view) lost(taken []events.Refusal) (say service.Says) {
	if r := v.Releases[v.Live]; r != nil && r.Phase != returning && !r.Reached {
		ways := make([]string, len(taken))
		for i, t := range taken {
			ways[i] = t.Text
		}
		say.Because(r.Cause, "%s: %s", taken[0].Code, strings.Join(ways, ", ")).Fact(v.abort(r, causeError, "", ""))
	}
	return say
}

func (v view) nextRoute() events.OfRoute {
	return events.OfRoute{App: v.Name, Generation: v.Route.Generation + 1}
}

func sameRoute(a, b events.Route) bool {
	if !slices.Equal(a.Rules, b.Rules) || !slices.Equal(a.Shares, b.Shares) {
		return false
	}
	a.Rules, a.Shares, b.Rules, b.Shares = nil, nil, nil, nil
	return reflect.DeepEqual(a, b)
}

// shift says new shares.
func (v view) shift(shares []events.RouteShare, cause service.Cause, why string, args ...any) (say service.Says) {
	say.Because(cause, why, args...).Fact(events.RouteShifted{OfRoute: v.nextRoute(), Route: v.way(shares)})
	return say
}

// sharesOver are the shares that follow what is available of a release and of what
// it replaces, once those that may leave are gone. ok is false if nothing can be
// said: no route, or a share would grow beyond what carries it.
func (v view) sharesOver(to *Release, old, leave insts) (want []events.RouteShare, ok bool) {
	if !v.routed() {
		return nil, false
	}
	mine, target := len(v.of(to.Number).keep(v.available)), v.size(to)
	staying := len(old.keep(v.available)) - len(leave.keep(v.available))
	from := v.from(to)
	if from != nil && len(v.of(from.Number).keep(v.lives)) == 0 {
		from = nil // it has requests by name only
	}
	switch {
	case mine >= target && (staying <= 0 || from == nil):
		want = just(to)
	case from == nil || mine == 0:
		return nil, false
	default:
		// it never gives back what it has, and the other never gains: on the way home
		// that would be a canary
		have := v.share(to.Number)
		bp := max(fullBp*mine/max(target, mine+len(old.keep(v.available))), have, fullBp-v.share(from.Number))
		if bp == have && v.share(from.Number) == fullBp-have {
			return nil, false
		}
		want = []events.RouteShare{{Release: from.Number, ShareBp: fullBp - bp}, {Release: to.Number, ShareBp: bp}}
		if bp == fullBp {
			return nil, false
		}
	}
	if from != nil && !v.carried(want) {
		// a third release still has requests: the new one takes them over, no other grows
		have := v.share(from.Number)
		want = []events.RouteShare{{Release: from.Number, ShareBp: have}, {Release: to.Number, ShareBp: fullBp - have}}
	}
	return want, v.carried(want)
}

// from is the release, of those that have requests, that can carry most of them.
func (v view) from(to *Release) (best *Release) {
	most := -1
	for _, s := range v.Route.Said.Shares {
		if n := len(v.of(s.Release).keep(v.available)); s.Release != to.Number && s.ShareBp > 0 && n > most {
			best, most = v.Releases[s.Release], n
		}
	}
	return best
}

// carried tells whether every share that grows has the instances to carry it.
func (v view) carried(want []events.RouteShare) bool {
	for _, s := range want {
		need := sizeFor(s.ShareBp, v.size(v.Releases[s.Release]))
		if s.ShareBp > v.share(s.Release) && len(v.of(s.Release).keep(v.available)) < need {
			return false
		}
	}
	return true
}

// share is a release's share in the last route said, basis points.
func (a *App) share(release int) int {
	for _, s := range a.Route.Said.Shares {
		if s.Release == release {
			return s.ShareBp
		}
	}
	return 0
}

func (r Route) shares(want []events.RouteShare) bool { return slices.Equal(r.Said.Shares, want) }

// routes tells whether all requests go to one release.
func (v view) routes(r *Release) bool { return v.Route.shares(just(r)) }

func just(r *Release) []events.RouteShare {
	return []events.RouteShare{{Release: r.Number, ShareBp: fullBp}}
}

// unrouted are the instances of releases that no settled route names.
func (v view) unrouted(l insts) insts {
	if !v.routed() || !v.settled() || len(v.Route.Said.Shares) == 0 {
		return nil
	}
	return l.keep(func(i *Inst) bool { return v.share(i.Release) == 0 })
}

func (v view) shareWords(want []events.RouteShare) string {
	var s []string
	for _, w := range want {
		s = append(s, "release "+strconv.Itoa(w.Release)+" "+percent(w.ShareBp))
	}
	return strings.Join(s, ", ") + " of " + strconv.Itoa(v.target()) + " wanted"
}

func percent(bp int) string {
	return strconv.FormatFloat(float64(bp)/100, 'f', -1, 64) + "%"
}

// waitSettled names who a route waits for.
func (v view) waitSettled(id string) (say service.Says) {
	if len(v.fleet.Gateways) == 0 {
		say.Waits(id, waitsGateway, "a gateway")
		return say
	}
	words, _ := v.shut()
	if words == "" {
		words = strings.Join(service.Sorted(v.fleet.Gateways), ", ")
	}
	say.Waits(id, waitsSettlement, "settlement %d: %s", v.Route.Generation, words)
	return say
}
