package plane

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
	"slipway.dev/services/gateway/proxy"
)

// settleEvery is the pace of the questions below.
const settleEvery = 25 * time.Millisecond

// alive waits until the registry has said, after a position, that a holder lives.
func alive(ctx context.Context, b *bus.Bus, holder string, after events.Position) error {
	filter := events.Filter("", "registry", holder, "lease", "")
	for {
		lives := false
		err := b.Fetch(ctx, filter, after, events.Position{}, func(m service.Message) error {
			kind, _, _, err := events.ParseSubject(m.Subject)
			lives = kind.Happened == "granted" || kind.Happened == "resumed"
			return err
		})
		if err == nil && lives {
			return nil
		}
		if !wait.For(ctx, settleEvery) {
			return fmt.Errorf("wait for the lease of %s: %w", holder, ctx.Err())
		}
	}
}

// lives waits until a gateway of this process serves as the log says.
func lives(ctx context.Context, live func() bool) error {
	for !live() {
		if !wait.For(ctx, settleEvery) {
			return fmt.Errorf("wait for the gateway: %w", ctx.Err())
		}
	}
	return nil
}

// serving waits until a gateway says on its health path that it has applied every
// route: only then it answers 200.
func serving(ctx context.Context, address string) error {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		r, err := client.Get("http://" + address + proxy.HealthPath)
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		if !wait.For(ctx, settleEvery) {
			return fmt.Errorf("wait for the gateway at %s: %w", address, ctx.Err())
		}
	}
}
