package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/services/slipway/e2e"
)

const (
	manyApps     = 100
	manyReleases = 25 // of each app, four facts each: 10,000 with the declarations
)

// TestMany: what a person looks at stays quick when the log is long.
func TestMany(t *testing.T) {
	t.Parallel() // it waits most of its time
	url := longLog(t)
	for _, c := range []struct {
		args   string
		within time.Duration
		has    string
	}{
		{"status", time.Second, "app-042"},
		{"ps", time.Second, "INSTANCE"},
		{"history app-042", time.Second, "promoted"},
		{"events -n 20", 300 * time.Millisecond, "completed"},
	} {
		t.Run("interface-16 100 apps, 10,000 events: "+c.args, func(t *testing.T) {
			var out, words bytes.Buffer
			cmd := exec.Command(e2e.Binary(t), strings.Fields(c.args)...)
			cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), "NATS_URL="+url, "XDG_CONFIG_HOME="+t.TempDir()), &out, &words
			began := time.Now()
			if err := cmd.Run(); err != nil || !strings.Contains(out.String(), c.has) {
				t.Fatalf("%v\n%s%s", err, out.String(), words.String())
			}
			took := time.Since(began)
			t.Logf("%s took %s", c.args, took.Round(time.Millisecond))
			if took > 5*c.within { // five times the promise, as for every script
				t.Errorf("took %s, promised %s", took, c.within)
			}
		})
	}
}

// longLog keeps the log of many apps and returns where it is.
func longLog(t *testing.T) (url string) {
	t.Helper()
	server, err := bus.StartServer(bus.ServerOptions{StoreDir: t.TempDir(), Port: -1, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	b, err := bus.Connect(ctx, bus.Identity{Name: "test", Server: server})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if _, err := b.Ensure(ctx, bus.Profile{Name: "dev"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Found(ctx, events.ClusterFounded{Cluster: "test", Level: events.Level, Profile: "dev"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	for i := range manyApps {
		app := fmt.Sprintf("app-%03d", i)
		if _, err := b.Append(ctx, events.Guard("deployer", app, ""), 0, life(app)); err != nil {
			t.Fatal(err)
		}
	}
	return server.ClientURL()
}

// life is what the deployer says of an app with many releases.
func life(app string) (es []events.Event) {
	guard, cause := events.Guard("deployer", app, ""), ""
	say := func(data events.Payload) {
		about, n := data.About(), uint64(len(es)+1)
		e := events.Event{
			ID: events.ID(guard, n), Source: events.Source("deployer", ""), Kind: events.KindOf(data), App: app,
			Subject: about.Subject, Time: time.Now(), Cause: cause, Correlation: events.ID(guard, 1),
			Actor: "service:deployer", Reason: "made by a test", Ordinal: n, Data: data,
		}
		cause, es = e.ID, append(es, e)
	}
	doc := events.Document{Name: app, Version: "v1", Driver: events.DriverProcess, Command: []string{"slipway"}, Deploy: events.DeployPolicy{Strategy: events.Rolling, Keep: events.KeepPolicy{History: 10}}}
	say(events.AppDeclared{OfApp: events.OfApp{App: app}, Declaration: 1, Document: doc, Hash: doc.Hash()})
	for n := range manyReleases {
		of := events.OfRelease{App: app, Release: n + 1}
		doc.Version = fmt.Sprint("v", n)
		say(events.ReleasePlanned{OfRelease: of, Declaration: 1, Revision: doc.Revision(), SpecHash: doc.Revision(), Spec: doc.Spec(), Strategy: events.Rolling, From: n, How: "deploy"})
		say(events.ReleaseStarted{OfRelease: of})
		say(events.ReleasePromoted{OfRelease: of, How: events.Rolling})
		say(events.ReleaseCompleted{OfRelease: of})
	}
	return es
}
