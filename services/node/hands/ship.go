package hands

import (
	"context"
	"errors"

	"slipway.dev/pkg/bus"
	"slipway.dev/services/node"
	"slipway.dev/services/node/driver"
)

// batchBytes cuts what is shipped at once.
const batchBytes = 64 << 10

// follow ships the output of a try until it has ended.
func (h *Hands) follow(ctx context.Context, d node.Follow) {
	_ = h.until(ctx, "follow "+d.ID, func() error { return h.ship(ctx, d.ID, d.App) })
}

// ship hands an instance's lines on, from where it was left off to the end. An instance without a record has none.
func (h *Hands) ship(ctx context.Context, id, app string) error {
	if h.config.Logs == nil {
		return nil
	}
	err := h.driver.Follow(ctx, id, func(lines []driver.Line) {
		for _, batch := range batches(lines) {
			if err := h.config.Logs.PublishLog(app, h.config.Node, batch); err != nil {
				h.config.Logger.Warn().Err(err).Str("instance", id).Int("lines", len(batch.Lines)).Msg("ship output")
			}
		}
	})
	if errors.Is(err, driver.ErrUnknown) {
		return nil
	}
	return err
}

// batches cuts lines so that none is larger than a message may be.
func batches(lines []driver.Line) (all []bus.LogBatch) {
	var batch bus.LogBatch
	size := 0
	for _, l := range lines {
		if size += len(l.Text); size > batchBytes && len(batch.Lines) > 0 {
			all, batch, size = append(all, batch), bus.LogBatch{}, len(l.Text)
		}
		batch.Lines = append(batch.Lines, bus.LogLine{Instance: l.Instance, Stream: l.Stream, Time: l.Time.UTC(), Line: l.Text})
	}
	if len(batch.Lines) > 0 {
		all = append(all, batch)
	}
	return all
}
