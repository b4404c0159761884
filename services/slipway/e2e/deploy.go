package e2e

import (
	"context"
	"crypto/rand"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/deployer/appfile"
)

// Example is the app file of the demonstration workload: quick to be ready, so that a
// test is about the switch and not about waiting.
func Example(name, version, strategy, more string) string {
	return "name: " + name + "\nversion: " + version + "\ncommand: [slipway, example, http, --version, " + version + "]\n" +
		"replicas: 2\nports: { http: {} }\nresources: { cpu: 10m, memory: 16Mi }\n" +
		"health: { ready: { http: /healthz, interval: 100ms, rise: 1 }, startup: 20s, minReady: 0s }\n" +
		"stop: { drain: 5s, grace: 5s }\ndeploy: { strategy: " + strategy + ", keep: { warm: 0 } }\n" + more
}

// Declare wishes an app as an app file says; it returns the position of the log
// before the wish.
func (p *Plane) Declare(appFile string) events.Position {
	p.t.Helper()
	apps, errs := appfile.Parse("app.yaml", []byte(appFile), nil)
	if len(errs) > 0 {
		p.t.Fatalf("%s", appfile.Render(errs))
	}
	before := p.Log.Head()
	for _, a := range apps {
		p.Wish(events.WishAppDeclared{OfApp: events.OfApp{App: a.Document.Name}, Document: a.Document})
	}
	return before
}

// Wish says a wish as a person does.
func (p *Plane) Wish(data events.Payload) events.Position {
	p.t.Helper()
	about, id := data.About(), rand.Text()
	at, err := p.Log.Bus.Wish(context.WithoutCancel(p.t.Context()), events.Event{
		ID: id, Source: "/slipway/cli", Kind: events.KindOf(data), App: about.App, Place: about.Place, Subject: about.Subject,
		Time: time.Now().UTC(), Correlation: id, Actor: "person:e2e", Data: data,
	})
	if err != nil {
		p.t.Fatalf("wish: %v", err)
	}
	return at
}

// ends are what a declaration comes to.
var ends = map[string]bool{
	"completed": true, "unchanged": true, "rolled-back": true, "stranded": true, "refused": true, "superseded": true,
}

// Deploy declares one app and waits for what it comes to.
func (p *Plane) Deploy(appFile string, within time.Duration) events.Event {
	p.t.Helper()
	apps, errs := appfile.Parse("app.yaml", []byte(appFile), nil)
	if len(errs) > 0 || len(apps) != 1 {
		p.t.Fatalf("%s", appfile.Render(errs))
	}
	name := apps[0].Document.Name
	before := p.Declare(appFile)
	return p.Log.Await(before, within, "the release of "+name+" to end", func(e events.Event) bool {
		return e.App == name && e.Kind.Entity == "release" && ends[e.Kind.Happened]
	})
}

// MustDeploy is Deploy for a release that must be completed.
func (p *Plane) MustDeploy(appFile string, within time.Duration) events.Event {
	p.t.Helper()
	e := p.Deploy(appFile, within)
	if e.Kind.Happened != "completed" {
		p.t.Fatalf("release %s %s: %s", e.Subject, e.Kind.Happened, e.Reason)
	}
	return e
}
