package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/e2e"
)

// elder is the bus of a participant of an older version: it cannot read what was
// planned until it is upgraded.
type elder struct {
	*bus.Bus
	name, place string
	upgraded    atomic.Bool
}

func (b *elder) Read(ctx context.Context, after events.Position, filters []string, r service.Reader) error {
	deliver := r.Deliver
	r.Deliver = func(m service.Message) error {
		if strings.HasSuffix(m.Subject, "release.planned") && !b.upgraded.Load() {
			m.Body = []byte("{")
		}
		return deliver(m)
	}
	return b.Bus.Read(ctx, after, filters, r)
}

func (b *elder) Leases(ctx context.Context, _ []string, r service.Reader) error {
	return b.Bus.Leases(ctx, "", r)
}

func (b *elder) Lease(string, events.LeaseBody) {}

func (b *elder) Dead(ctx context.Context, participant string, m service.Message, verdict, reason string) error {
	return b.PutDead(ctx, bus.Letter{Participant: participant, App: "shop", Entity: "release", Verdict: verdict, Reason: reason, Message: m})
}

// runs lets the older participant run until it is told to end, or the test is over.
func (b *elder) runs(t *testing.T) (end func()) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- service.Run(ctx, service.Service{
			Name: b.name, Place: b.place, Version: 1, Hears: []events.Kind{events.K[events.ReleasePlanned]()},
			New: func() []service.Machine { return nil },
		}, b, service.Options{})
	}()
	end = sync.OnceFunc(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(end)
	return end
}

// items are those of a document, of the log however much of it a test can read.
func (p person) items(code int, args ...string) (items []map[string]any) {
	p.t.Helper()
	var a answer
	if err := json.Unmarshal([]byte(p.does(code, append(args, "-o", "json")...).Stdout), &a); err != nil {
		p.t.Fatal(err)
	}
	return a.Items
}

// letters are the parked ones, once a participant has parked one.
func (p person) letters(participant string) (parked []map[string]any) {
	p.t.Helper()
	e2e.Await(p.t, 20*time.Second, participant+" to park an event", func() bool {
		parked = nil
		found := false
		for _, l := range p.items(0, "dead", "ls") {
			if l["state"] == "parked" {
				parked = append(parked, l)
				found = found || l["participant"] == participant
			}
		}
		return found
	})
	return parked
}

// doctor looks at the dead letters alone.
func (p person) doctor(code int, result string) {
	p.t.Helper()
	for _, c := range p.items(code, "doctor") {
		if c["check"] == "dead-letters" && c["result"] != result {
			p.t.Errorf("dead-letters: %v", c)
		}
	}
}

func number(l map[string]any) string { return strconv.Itoa(int(l["seq"].(float64))) }

// says lets a participant say a fact about itself.
func (p person) says(owner string, d events.Payload) {
	p.t.Helper()
	about := d.About()
	guard := events.Guard(owner, about.App, about.Place)
	e := events.Event{
		Source: events.Source(owner, about.Place), Kind: events.KindOf(d), App: about.App, Place: about.Place, Subject: about.Subject,
		Actor: events.Actor(owner, about.Place), Correlation: "test", Time: time.Now().UTC(), Data: d,
	}
	last := p.tail(guard)
	e.Kind.Owner, e.Ordinal, e.ID = owner, last.Ordinal+1, events.ID(guard, last.Ordinal+1)
	if _, err := p.Log.Bus.Append(p.t.Context(), guard, last.Pos.Seq, []events.Event{e}); err != nil {
		p.t.Fatal(err)
	}
}

// tail is the last that was said under a guard, whether or not its data can be read.
func (p person) tail(guard string) (last events.Event) {
	p.t.Helper()
	err := p.Log.Bus.Fetch(p.t.Context(), guard, events.Position{}, events.Position{}, func(m service.Message) error {
		e, err := events.Parse(m.Subject, m.Header, m.Body)
		last, last.Pos = e, m.Pos
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return last
}

// plant publishes a fact by hand, some ordinals behind the guard's last; with the next
// one its data is such as nobody can read.
func (p person) plant(app string, further uint64) {
	p.t.Helper()
	guard := events.Guard("deployer", app, "")
	e := p.tail(guard)
	e.Ordinal += further
	e.ID, e.Kind, e.Raw = events.ID(guard, e.Ordinal), events.K[events.ReleasePaused](), nil
	e.Data = events.ReleasePaused{OfRelease: events.OfRelease{App: app, Release: 1}, Cause: "manual"}
	e.Subject = e.Data.About().Subject
	body, err := events.Encode(e)
	if err != nil {
		p.t.Fatal(err)
	}
	m := nats.NewMsg(e.StreamSubject())
	m.Data = body
	if further == 1 {
		m.Data = bytes.Replace(body, []byte(`"release":1`), []byte(`"release":"one"`), 1)
	}
	m.Header.Set(nats.MsgIdHdr, e.ID)
	nc, err := nats.Connect(p.NATS)
	if err != nil {
		p.t.Fatal(err)
	}
	defer nc.Close()
	if ack, err := nc.RequestMsg(m, 5*time.Second); err != nil || !bytes.Contains(ack.Data, []byte(events.StreamEvents)) {
		p.t.Fatalf("plant: %v", err)
	}
}

func TestDeadLetters(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	p.does(0, "deploy", p.file("v1.yaml", e2e.Example("shop", "v1", "rolling", "")), "-y")
	t.Run("interface-18 a fact in SLIPWAY_DEAD is listed with the reason, requeue heals, and doctor fails until then", func(t *testing.T) {
		p.t = t
		p.doctor(0, "ok")
		old := &elder{Bus: p.Log.Bus, name: "scaler"}
		old.runs(t)
		l := p.letters("scaler")[0]
		if l["verdict"] != "unreadable" || l["reason"] == "" || l["app"] != "shop" || l["subject"] != "slipway.event.shop.deployer._.release.planned" {
			t.Errorf("%v", l)
		}
		p.doctor(8, "fail")
		letter := "dead letter " + l["position"].(string) + " at scaler: slipway dead show " + l["position"].(string)
		if x := p.items(0, "status", "shop")[0]; x["state"] != "degraded" || !strings.HasSuffix(x["reason"].(string), letter) {
			t.Errorf("status says %v: %v", x["state"], x["reason"])
		}
		if shown := p.items(0, "dead", "show", l["position"].(string)); len(shown) != 1 || shown[0]["seq"] != l["seq"] {
			t.Errorf("by its position: %v", shown)
		}
		if a := p.asks(1, "dead", "requeue", number(l)); a.Error.Code != "SLW-D019" || len(a.Error.Why) == 0 {
			t.Errorf("as long as it cannot be read: %+v", a.Error)
		}
		p.doctor(8, "fail")
		old.upgraded.Store(true)
		if a := p.asks(0, "dead", "requeue", number(l), "-m", "upgraded"); a.Kind != "DeadList" || a.Items[0]["state"] != "requeued" {
			t.Errorf("%+v", a)
		}
		p.doctor(0, "ok")
		if x := p.items(0, "status", "shop")[0]; x["state"] != "healthy" {
			t.Errorf("status says %v: %v", x["state"], x["reason"])
		}
		if a := p.asks(1, "dead", "requeue", number(l)); !strings.Contains(a.Error.Why[0], "already requeued") {
			t.Errorf("%+v", a.Error)
		}
		p.asks(0, "dead", "show", number(l))
	})
	t.Run("a letter that is not there is E001, a drop without a reason U002", func(t *testing.T) {
		p.t = t
		if a := p.asks(3, "dead", "show", "999"); a.Error.Code != "SLW-E001" || a.Error.Fix[0] != "slipway dead ls" {
			t.Errorf("%+v", a.Error)
		}
		if a := p.asks(2, "dead", "drop", "1"); a.Error.Code != "SLW-U002" {
			t.Errorf("%+v", a.Error)
		}
	})
	t.Run("interface-18 a fact nobody can read, published by hand, is dropped and the app is deployed on", func(t *testing.T) {
		p.t = t
		p.plant("shop", 1)
		l := p.letters("deployer")[0]
		at := l["position"].(string)
		p.does(1, "dead", "requeue", number(l))
		v2 := p.file("v2.yaml", e2e.Example("shop", "v2", "rolling", ""))
		r := p.does(124, "deploy", v2, "-y", "--timeout", "4s")
		if !strings.Contains(r.Stderr, "waits for: dead letter "+at+" at ") || !strings.Contains(r.Stderr, "slipway dead show "+at) {
			t.Errorf("a deploy that waits for it says\n%s", r.Stderr)
		}
		for _, done := range p.items(0, "dead", "drop", at, "-m", "published by hand") {
			if done["state"] != "dropped" {
				t.Errorf("%v", done)
			}
		}
		p.doctor(0, "ok")
		p.does(0, "deploy", v2, "-y", "--timeout", "60s")
	})
	t.Run("bus-15 a fact behind a hole is listed, dropped by its position, and the app is deployed on", func(t *testing.T) {
		p.t = t
		p.plant("shop", 2)
		at := p.letters("deployer")[0]["position"].(string)
		p.does(0, "dead", "show", at)
		for _, done := range p.items(0, "dead", "drop", at, "-m", "lost by nobody") {
			if done["state"] != "dropped" {
				t.Errorf("%v", done)
			}
		}
		p.doctor(0, "ok")
		p.does(0, "deploy", p.file("v3.yaml", e2e.Example("shop", "v3", "rolling", "")), "-y", "--timeout", "60s")
		if x := p.items(0, "status", "shop")[0]; x["state"] != "healthy" || x["reason"] != "2 of 2 available" {
			t.Errorf("status says %v: %v", x["state"], x["reason"])
		}
	})
	t.Run("bus-15 a gateway that joins later does not stand still over what was dropped", func(t *testing.T) {
		p.t = t
		p.Add("second", "run", "gateway", "--id", "gw2-a", "--nats", p.NATS, "--listen", "127.0.0.1:0", "--data", p.Dir+"/second").Start()
		own := events.Guard("gateway", "", "gw2-a")
		e2e.Await(t, 20*time.Second, "it to serve the app", func() bool { return p.tail(own).Kind.Name() == "routing.applied" })
		dropped := map[any]bool{}
		for _, l := range p.items(0, "dead", "ls") {
			if dropped[l["participant"]] = true; l["state"] == "parked" {
				t.Errorf("somebody stands still: %v", l)
			}
		}
		if !dropped["gateway-gw1-a"] {
			t.Error("the gateway that was there never stood still: nothing was dropped for it")
		}
		if x := p.items(0, "status", "shop")[0]; x["state"] != "healthy" {
			t.Errorf("status says %v: %v", x["state"], x["reason"])
		}
	})
	t.Run("a gateway that has left stands still over nothing, and its letter can be let go", func(t *testing.T) {
		p.t = t
		old := &elder{Bus: p.Log.Bus, name: "gateway", place: "gw9-a"}
		left := old.runs(t)
		l := p.letters("gateway-gw9-a")[0]
		left()
		p.says("gateway", events.GatewayJoined{OfGateway: events.OfGateway{Gateway: "gw9-a", Incarnation: 1}, Addresses: []string{"127.0.0.1:1"}})
		p.says("gateway", events.GatewayLeft{OfGateway: events.OfGateway{Gateway: "gw9-a", Incarnation: 1}})
		if x := p.items(0, "status", "shop")[0]; x["state"] != "healthy" {
			t.Errorf("status says %v: %v", x["state"], x["reason"])
		}
		p.doctor(0, "warn") // of those behind it
		if a := p.asks(1, "dead", "requeue", number(l)); !strings.Contains(a.Error.Fix[0], "slipway dead drop") {
			t.Errorf("%+v", a.Error)
		}
		if done := p.items(0, "dead", "drop", number(l), "-m", "it is gone"); done[0]["state"] != "gone" {
			t.Errorf("%v", done)
		}
	})
}
