package edge

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

// TCP routes, dataplane 5.5: their listeners come and go with the routes, and one whose
// port somebody else has is refused until it is free.
func TestListenersOfTCPRoutes(t *testing.T) {
	m := newMemory(t)
	p := &plane{memory: m}
	p.list(newBackend(t, 1))
	first, held := port(t)
	held.Close()
	said := func(port int) {
		p.generation++
		r := p.route(events.RouteShare{Release: 1, ShareBp: 10000})
		if port != 0 {
			r.Rules = []events.RouteRule{{Protocol: events.ProtocolTCP, Listen: port}}
		}
		p.say(events.RouteShifted{OfRoute: events.OfRoute{App: "web", Generation: p.generation}, Route: r})
	}
	said(first)
	g := run(t, m, tableFile(t), nil)
	is := func(ports ...int) func() bool {
		return func() bool { return slices.Equal(g.TCPPorts(), ports) }
	}
	eventually(t, "the port open", is(first))
	if got := asks(t, first); !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("the endpoint answers %q", got)
	}

	second, taken := port(t) // somebody else's, until it is not
	said(second)
	m.await("the route refused", 0, func(e events.Event) bool {
		_, refused := e.Data.(events.RoutingRefused)
		return refused && strings.Contains(e.Reason, strconv.Itoa(second))
	})
	if got := asks(t, first); !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("the old route does not serve on: %q", got)
	}
	taken.Close()
	eventually(t, "the new port open and the old one closed", is(second))
	said(0)
	eventually(t, "the port closed", is())
}

// A gateway that starts while another program has the port of a TCP route serves what
// else there is, and says which port is not open, until it is.
func TestAPortThatIsTakenAtTheStart(t *testing.T) {
	m := newMemory(t)
	p := &plane{memory: m, generation: 1}
	p.list(newBackend(t, 1))
	number, taken := port(t)
	r := p.route(events.RouteShare{Release: 1, ShareBp: 10000})
	r.Rules = append(r.Rules, events.RouteRule{Protocol: events.ProtocolTCP, Listen: number})
	p.say(events.RouteShifted{OfRoute: events.OfRoute{App: "web", Generation: 1}, Route: r})
	g := run(t, m, "", nil)
	told := m.await("the port is not open", 0, func(e events.Event) bool {
		d, ok := e.Data.(events.RoutingApplied)
		return ok && len(d.Closed) == 1
	})
	if d := told.Data.(events.RoutingApplied); !strings.Contains(d.Closed[0], strconv.Itoa(number)+": another program has the port") {
		t.Errorf("closed %q", d.Closed)
	}
	if status, body, _, err := ask(http.DefaultClient, http.MethodGet, g.url()); err != nil || status != 200 {
		t.Errorf("by HTTP: %d %q %v", status, body, err)
	}
	taken.Close()
	m.await("the port is open", told.Pos.Seq, func(e events.Event) bool {
		d, ok := e.Data.(events.RoutingApplied)
		return ok && len(d.Closed) == 0
	})
	if got := asks(t, number); !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("the endpoint answers %q", got)
	}
}

// asks sends a request over a connection to a port and returns the answer.
func asks(t *testing.T, number int) string {
	t.Helper()
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(number)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
	b, err := io.ReadAll(c)
	if err != nil {
		t.Errorf("read: %v", err)
	}
	return string(b)
}
