package view

import (
	"slices"
	"strings"
	"testing"

	"slipway.dev/events"
	"slipway.dev/services/deployer"
)

// TestOtherDomain: whoever looks on need not know the default domain of the deployer.
func TestOtherDomain(t *testing.T) {
	missing := func(domain string) []string {
		s := newStory(t)
		s.log = NewLog(deployer.Config{DefaultDomain: domain})
		s.serve()
		s.declare(2, 2, "v2")
		s.plan(2, 2, 1, "v2")
		s.say("looking", events.ReleasePaused{OfRelease: release(2), Cause: "manual", By: "person:bob"})
		app, _ := s.log.Status("shop", s.now)
		return app.Rollout.Missing
	}
	same, other := missing("localhost"), missing("elsewhere.example")
	if len(same) == 0 || !slices.Equal(same, other) || strings.Contains(strings.Join(other, " "), "route.shifted") {
		t.Errorf("waits for %q, with another domain for %q", same, other)
	}
}

// TestOwnHost: a host of the app file says nothing of the domain.
func TestOwnHost(t *testing.T) {
	a := &deployer.App{Name: "shop", Accepted: &deployer.Declaration{Document: document("v1")}}
	a.Route.Said.Rules = []events.RouteRule{{Host: "shop.example.com", Path: "/"}}
	if c := configOf(deployer.Config{DefaultDomain: "localhost"}, a); c.DefaultDomain != "example.com" {
		t.Errorf("%q, the deployer gave it example.com", c.DefaultDomain)
	}
	port := a.Accepted.Document.Ports["http"]
	port.Hosts = []string{"Shop.example.com"}
	a.Accepted.Document.Ports["http"] = port
	if c := configOf(deployer.Config{DefaultDomain: "localhost"}, a); c.DefaultDomain != "localhost" {
		t.Errorf("%q, the app file named that host itself", c.DefaultDomain)
	}
}
