package cli_test

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/services/slipway/e2e"
)

// TestServices: who lives, how far each copy has read, and who is silent.
func TestServices(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t, e2e.Apart(), e2e.Copies("twin"))
	p.does(0, "deploy", p.file("v1.yaml", e2e.Example("shop", "v1", "rolling", "")), "-y")
	var a answer
	want := map[any]int{"deployer": 2, "metrics": 2, "provisioner": 1, "registry": 2} // one provisioner beside the one bus
	e2e.Await(t, 30*time.Second, "all copies of all services", func() bool {          // the first lease comes a second after the start
		a = p.asks(0, "services")
		for _, x := range a.Items {
			if len(x["copies"].([]any)) != want[x["name"]] {
				return false
			}
		}
		return len(a.Items) == len(want)
	})
	if a.Kind != "ServiceList" || len(a.Items) != len(want) {
		t.Fatalf("%+v", a)
	}
	for _, x := range a.Items {
		copies := x["copies"].([]any)
		if x["state"] != "ready" || x["lag"] != 0.0 || x["dead"] != 0.0 || len(x["hears"].([]any)) == 0 {
			t.Errorf("%v", x)
		}
		for _, c := range copies {
			c := c.(map[string]any)
			if c["position"].(float64) < float64(a.Seq) || c["pid"] == 0.0 || c["version"] == "" || c["level"] == 0.0 || c["startedAt"] == nil {
				t.Errorf("%s: %v", x["name"], c)
			}
		}
	}
	if r := p.does(0, "services"); strings.Count(r.Stdout, "\n") != 8 || !strings.HasPrefix(r.Stdout, "SERVICE") {
		t.Errorf("a line for each copy:\n%s", r.Stdout)
	}
	p.Process("control").Kill()
	p.Process("twin").Kill()
	e2e.Await(t, 30*time.Second, "all three services to be silent", func() bool {
		a := p.asks(0, "services")
		return a.Items[0]["state"] == "silent" && a.Items[1]["state"] == "silent" && a.Items[2]["state"] == "ready" && a.Items[3]["state"] == "silent"
	})
}
