package script

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

var rewrite = flag.Bool("rewrite", false, "write what was said into the then sections of the scripts")

// Option tells what the scripts of a service need beside the service.
type Option func(*options)

type options struct {
	senses  map[string]func(json.RawMessage) (any, error)
	silence map[events.Kind]bool
	relist  func([]service.Signal) []service.Signal
}

// Sense registers a driver signal: a line "sense name {…}" is read into a T.
func Sense[T any](name string) Option {
	return func(o *options) {
		o.senses[name] = func(data json.RawMessage) (any, error) {
			var v T
			err := strict(data, &v)
			return v, err
		}
	}
}

// Silence names the kinds that rest on how long somebody was silent. A restart
// forgets that, so they need not be said right after one.
func Silence(kinds ...events.Kind) Option {
	return func(o *options) {
		for _, k := range kinds {
			o.silence[k] = true
		}
	}
}

// Relist turns what was sensed so far into what a driver lists at a restart; without
// it everything is sensed again.
func Relist(f func(sensed []service.Signal) []service.Signal) Option {
	return func(o *options) { o.relist = f }
}

// Run runs every script of a folder, each on a service of its own.
func Run(t *testing.T, dir string, newService func() service.Service, opts ...Option) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("scripts in %s: none found (%v)", dir, err)
	}
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatalf("read script: %v", err)
		}
		t.Run(sentence(a), func(t *testing.T) {
			if err := play(filepath.Base(path), a, newService, optionsOf(opts), *rewrite); err != nil {
				t.Fatal(err)
			}
			if *rewrite {
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func optionsOf(opts []Option) options {
	o := options{
		senses:  map[string]func(json.RawMessage) (any, error){},
		silence: map[events.Kind]bool{},
		relist:  func(s []service.Signal) []service.Signal { return s },
	}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

func sentence(a *txtar.Archive) string {
	first, _, _ := strings.Cut(strings.TrimSpace(string(a.Comment)), "\n")
	return first
}
