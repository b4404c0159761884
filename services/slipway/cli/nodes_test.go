package cli_test

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/e2e"
)

// state is the state of a node as nodes shows it.
func (p person) state(node string) (state, reason string) {
	p.t.Helper()
	for _, n := range p.asks(0, "nodes").Items {
		if n["id"] == node {
			reason, _ = n["reason"].(string)
			return n["state"].(string), reason
		}
	}
	return "", ""
}

func TestNodeVerbs(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	node := p.asks(0, "nodes").Items[0]["id"].(string)
	p.MustDeploy(e2e.Example("shop", "v1", "rolling", ""), 60*time.Second)
	t.Run("cordon closes a node and uncordon opens it; the same again is no fault", func(t *testing.T) {
		if a := p.asks(0, "nodes", "cordon", node, "-m", "slow disk"); a.Kind != "NodeList" || a.Items[0]["state"] != "cordoned" || a.Items[0]["reason"] != "slow disk" {
			t.Errorf("%v", a.Items)
		}
		if r := p.does(0, "nodes", "cordon", node); !strings.Contains(r.Stderr, "cordoned already") {
			t.Errorf("%q", r.Stderr)
		}
		if state, why := p.state(node); state != "cordoned" || why != "slow disk" {
			t.Errorf("%s %s", state, why)
		}
		if a := p.asks(0, "nodes", "uncordon", node); a.Items[0]["state"] != "ready" {
			t.Errorf("%v", a.Items)
		}
	})
	t.Run("interface-19 a drain with nowhere to go says so, ends with 1, and the app still serves", func(t *testing.T) {
		wishes := p.wishes()
		a := p.asks(1, "nodes", "drain", node, "-y")
		if a.Error.Code != "SLW-D002" || len(a.Error.Why) != 2 || !strings.Contains(a.Error.Why[0], "there is no other node") || p.wishes() != wishes {
			t.Errorf("%+v, %d wishes, then %d", a.Error, wishes, p.wishes())
		}
		if code, err := p.get("http://shop.localhost" + p.Gateway[strings.LastIndexByte(p.Gateway, ':'):]); code != 200 || err != nil {
			t.Errorf("it answers %d %v", code, err)
		}
	})
	t.Run("a drain that is blocked shows why, times out with 124 and can be cancelled", func(t *testing.T) {
		if a := p.asks(124, "nodes", "drain", node, "-y", "--deadline", "10m", "--timeout", "2s"); a.Error.Code != "SLW-D015" {
			t.Errorf("%+v", a.Error)
		}
		p.Log.Await(events.Position{}, 10*time.Second, "the reason", e2e.Is("", "evacuation", "blocked"))
		if state, why := p.state(node); state != "draining" || !strings.Contains(why, "0 of 1 nodes fit: 1 draining") {
			t.Errorf("%s %s", state, why)
		}
		if a := p.asks(6, "nodes", "uncordon", node); a.Error.Code != "SLW-D018" {
			t.Errorf("%+v", a.Error)
		}
		if a := p.asks(0, "nodes", "drain", node, "--cancel"); a.Items[0]["state"] != "ready" {
			t.Errorf("%v", a.Items)
		}
	})
	t.Run("a live node is not removed, an unknown one is not found, a yes is needed", func(t *testing.T) {
		if a := p.asks(6, "nodes", "remove", node, "-y"); a.Error.Code != "SLW-D018" || !strings.Contains(a.Error.Why[0], "drain it first") {
			t.Errorf("%+v", a.Error)
		}
		if a := p.asks(3, "nodes", "cordon", node+"x"); a.Error.Code != "SLW-E001" || !strings.Contains(a.Error.Why[0], node) {
			t.Errorf("%+v", a.Error)
		}
		if a := p.asks(2, "nodes", "remove", node); a.Error.Code != "SLW-U003" {
			t.Errorf("%+v", a.Error)
		}
	})
	t.Run("a drain by force stops all at once and says how many", func(t *testing.T) {
		r := p.does(0, "nodes", "drain", node, "-y", "--force", "--timeout", "60s")
		if !strings.Contains(r.Stdout, "drained") || !strings.Contains(r.Stderr, "evacuation "+node+" finished") {
			t.Errorf("%s%s", r.Stdout, r.Stderr)
		}
		end := p.Log.Await(events.Position{}, 10*time.Second, "the end", e2e.Is("", "evacuation", "finished"))
		if d := end.Data.(events.EvacuationFinished); d.Forced != 2 || d.Moved != 2 {
			t.Errorf("%+v", d)
		}
		if a := p.asks(0, "nodes", "uncordon", node); a.Items[0]["state"] != "ready" {
			t.Errorf("%v", a.Items)
		}
	})
}
