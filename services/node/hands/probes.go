package hands

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"slipway.dev/services/node"
)

// probes is the folder in which the check of each running instance is kept. It is a cache: without it an instance is judged
// ready again a moment later.
type probes string

func (p probes) path(id string) string { return filepath.Join(string(p), id+".json") }

func (p probes) keep(w node.Watch) error {
	b, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("write check of %s: %w", w.ID, err)
	}
	next := p.path(w.ID) + ".tmp"
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return fmt.Errorf("write check of %s: %w", w.ID, err)
	}
	return os.Rename(next, p.path(w.ID))
}

func (p probes) of(id string, try int) (w node.Watch, ok bool) {
	b, err := os.ReadFile(p.path(id))
	if err != nil || json.Unmarshal(b, &w) != nil {
		return w, false
	}
	return w, w.ID == id && w.Try == try
}

func (p probes) forget(id string) { _ = os.Remove(p.path(id)) }

// look runs one check of each instance found running, all at once, so that what is well can be said ready in the node's
// first breath.
func (h *Hands) look(ctx context.Context, found []node.Found) {
	var wg sync.WaitGroup
	for _, f := range found {
		w, ok := h.probes.of(f.ID, f.Try)
		if !ok || !f.Running {
			continue
		}
		wg.Go(func() {
			c := check(w.Ready).WithDefaults()
			ctx, cancel := context.WithTimeout(ctx, c.Timeout)
			defer cancel()
			sensed := node.Checked{ID: f.ID, Try: f.Try, OK: true, Consecutive: 1}
			if err := h.driver.Check(ctx, f.ID, c); err != nil {
				sensed.OK, sensed.Reason = false, err.Error()
			}
			h.sense(sensed)
		})
	}
	wg.Wait()
}
