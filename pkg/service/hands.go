package service

import (
	"context"
	"errors"
)

// hand is one act under way.
type hand struct {
	stop      context.CancelFunc
	cancelled bool
	ended     chan struct{} // closed when its driver has let go
}

// start begins an act. One of the same id that was cancelled lets go first, so that
// no two ever run.
func (r *runner) start(ctx context.Context, a Act) {
	actx, stop := context.WithCancel(ctx)
	before, h := r.acts[a.ID], &hand{stop: stop, ended: make(chan struct{})}
	r.acts[a.ID] = h
	r.spawn(func() {
		defer stop()
		if before != nil {
			<-before.ended
		}
		if actx.Err() == nil {
			r.svc.Driver.Do(actx, a)
		}
		close(h.ended)
		r.give(ctx, func() { r.ended(a.ID, h) })
	})
}

func (r *runner) cancel(id string) {
	if h, ok := r.acts[id]; ok {
		h.cancelled = true
		h.stop()
	}
}

// ended forgets an act; the core is told of one that ended by itself.
func (r *runner) ended(id string, h *hand) {
	if r.acts[id] == h {
		delete(r.acts, id)
	}
	if !h.cancelled {
		r.core.Done(id)
	}
}

func (r *runner) append(ctx context.Context, a Append) {
	r.spawn(func() {
		res, err := r.bus.Append(ctx, a.Guard, a.Expected, a.Events)
		if err != nil && ctx.Err() == nil {
			r.note(err, a)
		}
		r.give(ctx, func() { r.core.Appended(a, res, err, r.opt.Now()) })
	})
}

func (r *runner) note(err error, a Append) {
	var conflict *ErrConflict
	if errors.As(err, &conflict) {
		r.opt.Logger.Debug().Err(err).Msg("a twin was first")
		return
	}
	r.opt.Logger.Warn().Err(err).Str("guard", a.Guard).Int("events", len(a.Events)).Msg("append")
}
