package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
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
	upgraded atomic.Bool
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

// runs lets the older participant run until the test is over.
func (b *elder) runs(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- service.Run(ctx, service.Service{
			Name: "scaler", Version: 1, Hears: []events.Kind{events.K[events.ReleasePlanned]()},
			New: func() []service.Machine { return nil },
		}, b, service.Options{})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
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

// plant publishes a fact by hand, with the guard's next ordinal and data nobody can read.
func (p person) plant(app string) {
	p.t.Helper()
	guard := events.Guard("deployer", app, "")
	said := p.Log.All(func(e events.Event) bool { return e.Guard() == guard })
	e := said[len(said)-1]
	e.Ordinal++
	e.ID, e.Kind, e.Raw = events.ID(guard, e.Ordinal), events.K[events.ReleasePaused](), nil
	e.Data = events.ReleasePaused{OfRelease: events.OfRelease{App: app, Release: 1}, Cause: "manual"}
	e.Subject = e.Data.About().Subject
	body, err := events.Encode(e)
	if err != nil {
		p.t.Fatal(err)
	}
	m := nats.NewMsg(e.StreamSubject())
	m.Data = bytes.Replace(body, []byte(`"release":1`), []byte(`"release":"one"`), 1)
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
	p := at(t)
	p.does(0, "deploy", p.file("v1.yaml", e2e.Example("shop", "v1", "rolling", "")), "-y")
	t.Run("interface-18 a fact in SLIPWAY_DEAD is listed with the reason, requeue heals, and doctor fails until then", func(t *testing.T) {
		p.t = t
		p.doctor(0, "ok")
		old := &elder{Bus: p.Log.Bus}
		old.runs(t)
		l := p.letters("scaler")[0]
		if l["verdict"] != "unreadable" || l["reason"] == "" || l["app"] != "shop" || l["subject"] != "slipway.event.shop.deployer._.release.planned" {
			t.Errorf("%v", l)
		}
		p.doctor(8, "fail")
		if a := p.asks(1, "dead", "requeue", number(l)); a.Error.Code != "SLW-D019" || len(a.Error.Why) == 0 {
			t.Errorf("as long as it cannot be read: %+v", a.Error)
		}
		p.doctor(8, "fail")
		old.upgraded.Store(true)
		if a := p.asks(0, "dead", "requeue", number(l), "-m", "upgraded"); a.Kind != "DeadList" || a.Items[0]["state"] != "requeued" {
			t.Errorf("%+v", a)
		}
		p.doctor(0, "ok")
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
		p.plant("shop")
		for _, l := range p.letters("deployer") {
			p.does(1, "dead", "requeue", number(l))
			if done := p.items(0, "dead", "drop", number(l), "-m", "published by hand"); done[0]["state"] != "dropped" {
				t.Errorf("%v", done)
			}
		}
		p.doctor(0, "ok")
		p.does(0, "deploy", p.file("v2.yaml", e2e.Example("shop", "v2", "rolling", "")), "-y", "--timeout", "60s")
	})
}
