package events

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNames(t *testing.T) {
	long := strings.Repeat("é", MaxNameBytes/2)
	for _, name := range []string{".", "*", ">", "é", " ", "=", "=41", "a.b", "api.example.com", "%2F", "a/b", long, strings.Repeat("x", MaxNameBytes)} {
		t.Run("bus-18 the name "+name+" comes back from a subject", func(t *testing.T) {
			if err := CheckName(name); err != nil {
				t.Fatal(err)
			}
			k := Kind{"node", "instance", "ready", 1}
			s := Subject(k, name, "n1")
			got, app, place, err := ParseSubject(s)
			if err != nil || got != k || app != name || place != "n1" {
				t.Errorf("%s reads %v, %q, %q, %v", s, got, app, place, err)
			}
			if strings.Count(s, ".") != 6 || strings.ContainsAny(s, "*> \x00") {
				t.Errorf("subject %q", s)
			}
		})
	}
	for _, name := range []string{"", "_", "all", strings.Repeat("x", MaxNameBytes+1), long + "x", "\xff", "a\nb", "\u0085", "\uFFFE"} {
		t.Run("bus-18 the name "+name+" is refused", func(t *testing.T) {
			if err := CheckName(name); !errors.Is(err, ErrName) {
				t.Errorf("%q: %v", name, err)
			}
		})
	}
}

func TestTokenIsABijection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.SliceOfN(rapid.Byte(), 0, MaxNameBytes)
		a, b := string(bytes.Draw(t, "a")), string(bytes.Draw(t, "b"))
		if a == none || b == none {
			t.Skip("reserved")
		}
		ta := token(a)
		if back, err := untoken(ta); err != nil || back != a {
			t.Fatalf("%q -> %q -> %q, %v", a, ta, back, err)
		}
		if a != b && ta == token(b) {
			t.Fatalf("%q and %q are both %q", a, b, ta)
		}
		for i := range len(ta) {
			if !plainByte(ta[i]) && ta[i] != '=' {
				t.Fatalf("%q holds %q", ta, ta[i])
			}
		}
	})
}

func TestSubjectRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.SampledFrom(Catalog).Draw(t, "row")
		name := rapid.StringN(0, -1, MaxNameBytes/2).Filter(func(s string) bool { return s != none })
		app, place := name.Draw(t, "app"), name.Draw(t, "place")
		s := Subject(row.Kind, app, place)
		k, a, p, err := ParseSubject(s)
		if err != nil || k != row.Kind || a != app || p != place || !k.Known() {
			t.Fatalf("%s reads %v, %q, %q, %v", s, k, a, p, err)
		}
	})
}

func TestParseSubjectRefuses(t *testing.T) {
	for _, s := range []string{
		"", "slipway.event.web", "slipway.event.web.deployer._.release", "slipway.event.web.deployer._.release.promoted.v1",
		"slipway.event.=2e.deployer._.release.promoted",  // lower-case hex
		"slipway.event.=41.deployer._.release.promoted",  // a needless escape
		"slipway.event.a=2.deployer._.release.promoted",  // a cut escape
		"slipway.event.=.deployer._.release.promoted",    // a cut escape
		"slipway.event.=5F.deployer._.release.promoted",  // the reserved name, escaped
		"slipway.event..deployer._.release.promoted",     // an empty token
		"slipway.event.é.deployer._.release.promoted",    // a byte outside the set
		"slipway.event.web.Deployer._.release.promoted",  // no word
		"slipway.event.web.deployer._.re-lease.promoted", // no word
		"slipway.event.web.deployer._.release.-promoted",
		"slipway.event.web.deployer._.release.rolled--back",
		"slipway.event.web.deployer._.release.rolled-",
		"slipway.event.web.wish._.app.declared", // a fact posing as a wish
		"slipway.wish.web._.app",
		"slipway.event." + strings.Repeat("a", MaxSubjectBytes) + ".deployer._.release.promoted",
	} {
		if k, app, place, err := ParseSubject(s); err == nil {
			t.Errorf("%q reads %v %q %q", s, k, app, place)
		}
	}
}

func TestParseSubjectKeepsTheUnknown(t *testing.T) {
	k, app, place, err := ParseSubject("slipway.event._.alerting.rule-high-errors.alert.no-data")
	if err != nil || k != (Kind{"alerting", "alert", "no-data", 1}) || app != "" || place != "rule-high-errors" || k.Known() {
		t.Errorf("%v %q %q %v", k, app, place, err)
	}
}

func TestOtherSubjects(t *testing.T) {
	for got, want := range map[string]string{
		Filter("web", "", "", "", ""):                   "slipway.event.web.>",
		Filter("", "node", "n1", "", ""):                "slipway.event.*.node.n1.>",
		Filter("", "", "", "release", ""):               "slipway.event.*.*.*.release.>",
		Filter("", "", "", "", "failed"):                "slipway.event.*.*.*.*.failed",
		Filter("", "", "", "", ""):                      "slipway.event.>",
		Wish("app", "declared", "web", ""):              "slipway.wish.web._.app.declared",
		DeadSubject("node-n1", "", "instance"):          "slipway.dead.node-n1._.instance",
		LeaseSubject("endpoint", "a.b", "x"):            "slipway.lease.endpoint.a=2Eb.x",
		LogSubject("web", "n1"):                         "slipway.log.web.n1",
		ExtSubject("my.shop", "orders", "placed"):       "slipway.ext.my=2Eshop.orders.placed",
		SnapshotSubject("deployer", "apps"):             "slipway.snapshot.deployer.apps",
		Beside("n1", "", "50%/x"):                       "n1/50%25%2Fx",
		Source("deployer", "web"):                       "/slipway/deployer",
		Source("node", "n 1/a"):                         "/slipway/node/n%201%2Fa",
		Actor("gateway", "gw1-a"):                       "gateway:gw1-a",
		Actor("placer", "n1"):                           "service:placer",
		Subject(K[WishAppDeclared](), "web", ""):        "slipway.wish.web._.app.declared",
		Subject(K[InstanceReady](), "web", "n1"):        "slipway.event.web.node.n1.instance.ready",
		K[ReleaseRolledBack]().Type():                   "dev.slipway.release.rolled-back.v1",
		K[WishRollbackRequested]().Type():               "dev.slipway.wish.rollback.requested.v1",
		(Kind{Entity: "com.shop.orders.placed"}).Type(): "com.shop.orders.placed",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func FuzzParseSubject(f *testing.F) {
	for _, r := range Catalog {
		f.Add(Subject(r.Kind, "web", "n1"))
	}
	f.Add("slipway.event.=2E.node.=3D41.instance.fetch-failed")
	f.Add("slipway.wish._._.a.b")
	f.Fuzz(func(t *testing.T, s string) {
		k, app, place, err := ParseSubject(s)
		if err != nil {
			return
		}
		if back := Subject(k, app, place); back != s {
			t.Errorf("%q reads %v %q %q, which is %q", s, k, app, place, back)
		}
	})
}
