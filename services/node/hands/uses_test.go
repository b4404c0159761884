package hands

import (
	"maps"
	"testing"

	"slipway.dev/events"
	"slipway.dev/services/node"
)

// dataplane 11: an instance is told where the apps are that it uses, and no others; its
// own env wins.
func TestAnInstanceIsToldWhereTheAppsAreThatItUses(t *testing.T) {
	h := &Hands{config: Config{Node: "n1"}}
	s, err := h.spec(node.Start{ID: "web-7-a1", Try: 1, App: "web", Spec: events.Spec{
		Env:       map[string]string{"COLOR": "blue", "MAIL_URL": "smtp://mail.example.com"},
		Uses:      []string{"api", "user-store", "mail"},
		MeshPorts: map[string]int{"api": 17003, "user-store": 17004, "mail": 17005, "stranger": 17006},
	}})
	want := map[string]string{
		"COLOR": "blue", "MAIL_URL": "smtp://mail.example.com",
		"API_URL": "http://127.0.0.1:17003", "USER_STORE_URL": "http://127.0.0.1:17004",
	}
	if err != nil || !maps.Equal(s.Env, want) {
		t.Errorf("environment %v, %v; want %v", s.Env, err, want)
	}
}
