package proxy

import (
	"net"
	"slices"
	"strings"

	"slipway.dev/pkg/breaker"
)

// Table is one immutable picture of all routes. Requests load it once.
type Table struct {
	hosts map[string]*host
	wild  map[string]*host // by the part after the first label, with its dot
	def   *host
	ports map[int]*path // of TCP routes
	apps  map[string]*App
}

type host struct{ paths []path } // longest prefix first

type path struct {
	rule   Rule
	prefix string // rule.Path without a trailing slash
	app    *App
}

// App is what the table holds of one app.
type App struct {
	name       string
	generation uint64
	pool       uint64
	limits     Limits
	breaker    breaker.Policy
	route      *Route
	held       *Barrier
	split      *share // nil without a canary
	stable     *Pool
	canary     *Pool
	previews   map[uint64]*Pool
	flow       *flow
}

// pools returns every pool of the app, stable first.
func (a *App) pools() []*Pool {
	all := []*Pool{a.stable}
	if a.canary != nil {
		all = append(all, a.canary)
	}
	for _, p := range a.previews {
		all = append(all, p)
	}
	return all
}

// match finds who owns a host (as it stands in the request) and a decoded
// path: exact host, then one-label wildcard, then the default host; then the
// longest prefix on a segment border.
func (t *Table) match(hostport, decoded string) *path {
	name := canonicalHost(hostport)
	if h := t.hosts[name]; h != nil {
		return h.match(decoded)
	}
	if dot := strings.IndexByte(name, '.'); dot > 0 {
		if h := t.wild[name[dot:]]; h != nil {
			return h.match(decoded)
		}
	}
	if t.def != nil {
		return t.def.match(decoded)
	}
	return nil
}

func (h *host) match(decoded string) *path {
	for i := range h.paths {
		if p := &h.paths[i]; within(decoded, p.prefix) {
			return p
		}
	}
	return nil
}

// within reports whether prefix ("" is everything) ends on a segment border
// of path.
func within(path, prefix string) bool {
	return strings.HasPrefix(path, prefix) && (len(path) == len(prefix) || path[len(prefix)] == '/')
}

// canonicalHost is lower case, without port and trailing dot.
func canonicalHost(h string) string {
	if strings.IndexByte(h, ':') >= 0 {
		if name, _, err := net.SplitHostPort(h); err == nil {
			h = name
		}
	}
	return strings.ToLower(strings.TrimSuffix(h, "."))
}

// newTable builds the picture of the apps; a host and path that two of them
// claim is a *Refused naming the one that holds it.
func newTable(apps map[string]*App, newcomer string) (*Table, error) {
	t := &Table{hosts: map[string]*host{}, wild: map[string]*host{}, ports: map[int]*path{}, apps: apps}
	for _, name := range holdersFirst(apps, newcomer) {
		if err := t.add(apps[name]); err != nil {
			return nil, err
		}
	}
	for _, h := range t.all() {
		slices.SortStableFunc(h.paths, func(a, b path) int { return len(b.prefix) - len(a.prefix) })
	}
	return t, nil
}

// holdersFirst sorts the names and puts the newcomer last.
func holdersFirst(apps map[string]*App, newcomer string) []string {
	var names []string
	for name := range apps {
		if name != newcomer {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if apps[newcomer] != nil {
		names = append(names, newcomer)
	}
	return names
}

func (t *Table) add(a *App) error {
	for _, r := range a.route.Rules {
		if r.Protocol == ProtocolTCP {
			if at := t.ports[r.Listen]; at != nil {
				return refusedf("port %d belongs to %s", r.Listen, at.app.name)
			}
			t.ports[r.Listen] = &path{rule: r, app: a}
			continue
		}
		h, prefix := t.host(r.Host), strings.TrimRight(r.Path, "/")
		for _, p := range h.paths {
			if p.prefix == prefix {
				return refusedf("host %q path %q belongs to %s", r.Host, r.Path, p.app.name)
			}
		}
		h.paths = append(h.paths, path{rule: r, prefix: prefix, app: a})
	}
	return nil
}

func (t *Table) host(name string) *host {
	if name == "" {
		if t.def == nil {
			t.def = &host{}
		}
		return t.def
	}
	in, name := t.hosts, canonicalHost(name)
	if rest, ok := strings.CutPrefix(name, "*"); ok {
		in, name = t.wild, rest
	}
	if in[name] == nil {
		in[name] = &host{}
	}
	return in[name]
}

func (t *Table) all() []*host {
	var all []*host
	for _, h := range t.hosts {
		all = append(all, h)
	}
	for _, h := range t.wild {
		all = append(all, h)
	}
	if t.def != nil {
		all = append(all, t.def)
	}
	return all
}
