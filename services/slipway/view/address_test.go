package view

import (
	"slices"
	"testing"

	"slipway.dev/events"
)

// A way in by TCP is told as what it is: an address of the gateway's, at the port the
// app file names.
func TestURLs(t *testing.T) {
	rules := []events.RouteRule{
		{Host: "shop.example.com", Path: "/cart"}, {Host: "*.example.com", Path: "/"}, {Protocol: events.ProtocolTCP, Listen: 7007},
	}
	for listens, want := range map[string][]string{
		"127.0.0.1:8080": {"http://shop.example.com:8080/cart", "tcp://127.0.0.1:7007"},
		"0.0.0.0:80":     {"http://shop.example.com/cart", "tcp://10.0.0.5:7007"},
		"[::]:8080":      {"http://shop.example.com:8080/cart", "tcp://10.0.0.5:7007"},
		":8080":          {"http://shop.example.com:8080/cart", "tcp://10.0.0.5:7007"},
	} {
		s := newStory(t)
		s.say("boot", events.NodeJoined{OfNode: events.OfNode{Node: "n1"}, Incarnation: 1, NodeDescription: events.NodeDescription{Address: "10.0.0.5"}})
		s.say("boot", events.GatewayJoined{OfGateway: events.OfGateway{Gateway: "gw1-a", Incarnation: 1}, Node: "n1", Addresses: []string{listens}})
		if got := s.log.urlsOf(rules); !slices.Equal(got, want) {
			t.Errorf("a gateway at %s: %v, want %v", listens, got, want)
		}
	}
}

// A way in that asks for TLS is told as https, at the port of a gateway that serves by it.
func TestURLsByTLS(t *testing.T) {
	rules := []events.RouteRule{{Host: "shop.example.com", Path: "/", TLS: "auto"}, {Host: "shop.example.com", Path: "/plain"}}
	for listens, want := range map[string][]string{
		"127.0.0.1:8443": {"https://shop.example.com:8443/", "http://shop.example.com:8080/plain"},
		":443":           {"https://shop.example.com/", "http://shop.example.com:8080/plain"},
		"":               {"http://shop.example.com:8080/", "http://shop.example.com:8080/plain"},
	} {
		s := newStory(t)
		joins := func(name, port string) events.GatewayJoined {
			return events.GatewayJoined{OfGateway: events.OfGateway{Gateway: name, Incarnation: 1}, Node: "n1", Addresses: []string{"127.0.0.1:" + port}}
		}
		s.say("boot", joins("gw1-a", "8080"))
		if second := joins("gw2-a", "8081"); listens != "" {
			second.TLS = &events.GatewayTLS{Addresses: []string{listens}}
			s.say("boot", second)
		}
		if got := s.log.urlsOf(rules); !slices.Equal(got, want) {
			t.Errorf("TLS at %q: %v, want %v", listens, got, want)
		}
	}
}

// A port that a gateway could not open degrades an app, is told with what to do, and is
// what why begins from.
func TestAPortThatIsNotOpenIsTold(t *testing.T) {
	const why = "listen on 127.0.0.1:7007: another program has the port: end it, or give the app another listen"
	s := newStory(t)
	s.serve()
	of := events.OfRouting{App: "shop", Gateway: "gw1-a", Generation: 1}
	said := s.say("serves; "+why, events.RoutingApplied{OfRouting: of, Closed: []string{why}})
	app, _ := s.log.Status("shop", s.now)
	if app.State != "degraded" || app.Reason != "1 of 1 available; waits for: gw1-a: "+why {
		t.Errorf("%s: %s", app.State, app.Reason)
	}
	if f, ok := s.log.Shut("shop", s.now); !ok || f.ID != said.ID {
		t.Errorf("why begins from %+v", f)
	}
	s.say("serves", events.RoutingApplied{OfRouting: of})
	if app, _ := s.log.Status("shop", s.now); app.State != "healthy" {
		t.Errorf("open again: %s: %s", app.State, app.Reason)
	}
	if f, ok := s.log.Shut("shop", s.now); ok {
		t.Errorf("why begins from %+v", f)
	}
}
