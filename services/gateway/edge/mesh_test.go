package edge

import (
	"net"
	"net/http"
	"testing"

	"slipway.dev/events"
)

// port is one that nobody listens on.
func port(t *testing.T) (number int, held net.Listener) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l.Addr().(*net.TCPAddr).Port, l
}

// dataplane 11: the listeners of the mesh come and go with the routes.
func TestMeshListeners(t *testing.T) {
	m := newMemory(t)
	p := &plane{memory: m}
	b := newBackend(t, 1)
	first, held := port(t)
	held.Close()
	said := func(port int) {
		p.generation++
		r := p.route(events.RouteShare{Release: 1, ShareBp: 10000})
		r.MeshPort = port
		p.say(events.RouteShifted{OfRoute: events.OfRoute{App: "web", Generation: p.generation}, Route: r})
	}
	said(first)
	p.list(b)
	g := run(t, m, tableFile(t), nil)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	asked := func(number int) (int, string) {
		res, err := client.Get("http://" + MeshAddress(number) + "/")
		if err != nil {
			return 0, err.Error()
		}
		defer res.Body.Close()
		return res.StatusCode, res.Header.Get("Slipway-Error")
	}
	is := func(number int) bool { return g.MeshPorts()["web"] == number && len(g.MeshPorts()) <= 1 }
	eventually(t, "the mesh port open", func() bool { return is(first) })
	if status, code := asked(first); status != 200 {
		t.Fatalf("%d %s", status, code)
	}

	second, taken := port(t) // somebody else's, until it is not
	said(second)
	eventually(t, "the old port closed", func() bool { return len(g.MeshPorts()) == 0 })
	if status, _ := asked(first); status != 0 {
		t.Errorf("the old port answers %d", status)
	}
	if status, _, _, err := ask(client, http.MethodGet, g.url()); err != nil || status != 200 {
		t.Errorf("while a mesh port cannot be had the way from outside answers %d, %v", status, err)
	}
	taken.Close()
	eventually(t, "the new port open", func() bool { return is(second) })

	p.list()
	eventually(t, "nobody to answer", func() bool { status, code := asked(second); return status == 503 && code == "no-endpoint" })
	p.generation++
	p.say(events.RouteRemoved{OfRoute: events.OfRoute{App: "web", Generation: p.generation}})
	eventually(t, "the port closed with its route", func() bool { status, _ := asked(second); return status == 0 })
}
