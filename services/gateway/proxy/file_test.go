package proxy

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTableFile(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "table")
	first := newWay(t, Config{})
	stable, _ := serve(t, "web-1-a", 1, says("stable"))
	canary, _ := serve(t, "web-2-a", 2, says("canary"))
	d := want("web", 12, 1, stable, canary)
	d.Route.Rules = []Rule{{Host: "shop.test", Path: "/a", Strip: true}, {Host: "preview.test", Path: "/", Release: 2}}
	d.Route.Shares = []Share{{1, 5000}, {2, 5000}}
	first.apply(t, d)
	if err := first.Save(file, "1:412"); err != nil {
		t.Fatal(err)
	}
	t.Run("dataplane-16 without the log the last table is served at once, and says so", func(t *testing.T) {
		w := newWay(t, Config{})
		saved, err := w.Load(ctx, file)
		if err != nil || saved.Position != "1:412" {
			t.Fatalf("%+v %v", saved, err)
		}
		seen := map[string]int{}
		for range 10 {
			a := w.do(t, "GET", "/a", "", "Host", "shop.test")
			a.is(t, 200, "")
			seen[a.body]++
			if a.header.Get("Slipway-Stale") == "" {
				t.Fatal("does not say that it is stale")
			}
		}
		if seen["stable"] != 5 || seen["canary"] != 5 {
			t.Fatalf("shares %v", seen)
		}
		if a := w.do(t, "GET", "/", "", "Host", "preview.test"); a.body != "canary" {
			t.Fatalf("%+v", a)
		}
		t.Run("until the log is back", func(t *testing.T) {
			w.SetStale(time.Time{})
			if a := w.do(t, "GET", "/a", "", "Host", "shop.test"); a.header.Get("Slipway-Stale") != "" {
				t.Fatal("still stale")
			}
			d.Route.Generation, d.PoolGeneration = 13, 13
			w.apply(t, d)
		})
	})
	t.Run("an endpoint that is dead by then hides no living one", func(t *testing.T) {
		dead := newWay(t, Config{})
		dead.applyDead(t, want("web", 1, 1, nobody(t, "a", 1), stable))
		path := filepath.Join(t.TempDir(), "table")
		if err := dead.Save(path, ""); err != nil {
			t.Fatal(err)
		}
		w := newWay(t, Config{})
		if _, err := w.Load(ctx, path); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			w.do(t, "POST", "/", "x").is(t, 200, "")
		}
	})
	t.Run("dataplane-16 a torn file is refused at every length and byte", func(t *testing.T) {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		torn := filepath.Join(t.TempDir(), "torn")
		refused := func(content []byte, what string, at int) {
			t.Helper()
			if err := os.WriteFile(torn, content, 0o600); err != nil {
				t.Fatal(err)
			}
			p := New(Config{})
			defer p.Close()
			if _, err := p.Load(ctx, torn); !errors.Is(err, ErrTorn) {
				t.Fatalf("%s %d: %v", what, at, err)
			}
			if len(p.table.Load().apps) != 0 {
				t.Fatalf("%s %d: served", what, at)
			}
		}
		for n := 0; n < len(whole); n += 7 {
			refused(whole[:n], "cut at", n)
			flipped := append([]byte(nil), whole...)
			flipped[n] ^= 1
			refused(flipped, "flipped at", n)
		}
	})
	t.Run("no file is an error that says so", func(t *testing.T) {
		if _, err := New(Config{}).Load(ctx, file+".none"); !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	})
	t.Run("a save leaves no other file behind", func(t *testing.T) {
		entries, err := os.ReadDir(filepath.Dir(file))
		if err != nil || len(entries) != 1 {
			t.Fatalf("%v %v", entries, err)
		}
	})
}
