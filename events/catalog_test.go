package events

import (
	"reflect"
	"strings"
	"testing"
)

func TestCatalogIsConsistent(t *testing.T) {
	if len(byKind) != len(Catalog) || len(byType) != len(Catalog) || len(byTypeName) != len(Catalog) {
		t.Errorf("%d rows, %d kinds, %d payloads, %d types", len(Catalog), len(byKind), len(byType), len(byTypeName))
	}
	owner := make(map[string]string)
	for _, r := range Catalog {
		k := r.Kind
		if !isWord(k.Owner) || !isWord(k.Entity) || !isHappened(k.Happened) || k.Version < 1 {
			t.Errorf("%v is no kind", k)
		}
		if back, err := ParseType(k.Type()); err != nil || back.Entity != k.Entity || back.Happened != k.Happened || back.Version != k.Version || back.IsWish() != k.IsWish() {
			t.Errorf("%s reads %v, %v", k.Type(), back, err)
		}
		if r.Since < 1 || r.Since > Level {
			t.Errorf("%s: since level %d of %d", k.Name(), r.Since, Level)
		}
		if strings.HasSuffix(k.Happened, "refused") && !k.IsWish() && !r.Essential {
			t.Errorf("%s: a refusal is essential", k.Name())
		}
		if !k.IsWish() {
			if o := owner[k.Entity]; o != "" && o != k.Owner {
				t.Errorf("%s has two owners: %s, %s", k.Entity, o, k.Owner)
			}
			owner[k.Entity] = k.Owner
		}
		if !reflect.New(r.Type).Elem().Type().Implements(reflect.TypeFor[Payload]()) {
			t.Errorf("%s: %s is no payload by value", k.Name(), r.Type)
		}
	}
}

func TestEveryPayloadTellsWhereItBelongs(t *testing.T) {
	for _, r := range Catalog {
		about := samplePayload(r.Type).About()
		if about.Subject == "" || about.App != "" && about.App != "web" {
			t.Errorf("%s: %+v", r.Kind.Name(), about)
		}
		if err := sample(r).Agree(); err != nil {
			t.Errorf("%s: %v", r.Kind.Name(), err)
		}
	}
}

// places are the places an owner's keys may have beside those of its payloads.
var places = map[string][]string{
	"registry": {"", "node-n1", "node-n2", "gateway-gw1-a"},
	"placer":   {"", "n1", "n2"},
	"deployer": {"", "n1", "n2"},
	"node":     {"n1", "n2"}, "gateway": {"gw1-a", "gw1-b"},
	"provisioner": {"", StreamEvents, StreamWishes},
}

// possible are subjects the catalogue allows, with the guard each belongs to.
func possible() map[string]string {
	all := make(map[string]string)
	for _, r := range Catalog {
		speakers := []string{r.Kind.Owner}
		if r.Kind.Owner == OwnerParticipant {
			speakers = []string{"deployer", "placer", "registry", "node", "gateway", "provisioner"}
		}
		if r.Kind.IsWish() {
			continue
		}
		about := samplePayload(r.Type).About()
		for _, owner := range speakers {
			for _, app := range []string{"", "web", "shop", "a.b"} {
				for _, place := range places[owner] {
					if (app != "") != (about.App != "") && r.Kind.Entity != "brake" {
						continue // an app where the payload has one, none where it has none
					}
					if app != "" && owner == "registry" && place != "" || about.Place == "" && place != "" && !bySpeaker(owner) {
						continue
					}
					k := r.Kind
					k.Owner = owner
					all[Subject(k, app, place)] = Guard(owner, app, place)
				}
			}
		}
	}
	return all
}

func TestGuards(t *testing.T) {
	subjects := possible()
	guards := make(map[string]bool)
	for _, g := range subjects {
		guards[g] = true
	}
	if len(subjects) < 200 || len(guards) < 15 {
		t.Fatalf("%d subjects under %d guards is too few to tell", len(subjects), len(guards))
	}
	t.Run("bus-35 every subject the catalogue allows lies under exactly one guard", func(t *testing.T) {
		for s, own := range subjects {
			for g := range guards {
				if matches(g, s) != (g == own) {
					t.Errorf("%s lies under %s: %v; its own is %s", s, g, matches(g, s), own)
				}
			}
		}
	})
	t.Run("bus-35 no two guards overlap", func(t *testing.T) {
		for g := range guards {
			for h := range guards {
				if g < h && overlap(g, h) {
					t.Errorf("%s and %s", g, h)
				}
			}
		}
	})
	t.Run("bus-35 the guards of the note are spelled so", func(t *testing.T) {
		for _, c := range []struct{ owner, app, place, want string }{
			{"deployer", "web", "", "slipway.event.web.deployer.>"},
			{"deployer", "web", "n1", "slipway.event.web.deployer.>"},
			{"deployer", "", "", "slipway.event._.deployer.>"},
			{"scaler", "web", "", "slipway.event.web.scaler.>"},
			{"registry", "web", "", "slipway.event.web.registry.>"},
			{"registry", "", "node-n1", "slipway.event._.registry.node-n1.>"},
			{"registry", "", "", "slipway.event._.registry._.>"},
			{"placer", "web", "n1", "slipway.event.*.placer.>"},
			{"node", "web", "n1", "slipway.event.*.node.n1.>"},
			{"gateway", "web", "gw1-a", "slipway.event.*.gateway.gw1-a.>"},
			{"secrets", "", "secret-db-password", "slipway.event.*.secrets.secret-db-password.>"},
			{"provisioner", "", StreamEvents, "slipway.event._.provisioner.>"},
		} {
			if got := Guard(c.owner, c.app, c.place); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		}
	})
}

// matches is NATS' rule: * is one token, a trailing > one or more.
func matches(filter, subject string) bool {
	f, s := strings.Split(filter, "."), strings.Split(subject, ".")
	for i, token := range f {
		if token == ">" {
			return i < len(s)
		}
		if i >= len(s) || token != "*" && token != s[i] {
			return false
		}
	}
	return len(f) == len(s)
}

// overlap tells whether a subject could match both filters.
func overlap(a, b string) bool {
	f, g := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(f), len(g)) {
		if f[i] == ">" || g[i] == ">" {
			return true
		}
		if f[i] != "*" && g[i] != "*" && f[i] != g[i] {
			return false
		}
	}
	return len(f) == len(g)
}

func TestIDs(t *testing.T) {
	seen := make(map[string]bool)
	for _, guard := range []string{"", "a", "slipway.event.web.deployer.>", "slipway.event.*.placer.>"} {
		for ordinal := range uint64(300) {
			id := ID(guard, ordinal)
			if len(id) != 32 || seen[id] {
				t.Fatalf("id %q of %q, %d", id, guard, ordinal)
			}
			seen[id] = true
		}
	}
	if got, want := ID("slipway.event.web.deployer.>", 1), "a7fa2b61f7ab5a68d0974819db10a022"; got != want {
		t.Errorf("got %s, want %s: ids may never change", got, want)
	}
}
