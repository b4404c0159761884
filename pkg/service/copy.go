package service

import "context"

// copyMax copies wait; more, and the loop waits.
const copyMax = 64

// copied is an event set aside, with its bytes as they were said.
type copied struct {
	Aside
	message Message
}

// copying has what is set aside while f runs copied; it is one of the messages.
func (r *runner) copying(ctx context.Context, f func(), messages ...Message) {
	r.core.Aside = func(a Aside) {
		for _, m := range messages {
			if m.Pos != a.Pos {
				continue
			}
			select {
			case r.copies <- copied{a, m}:
			case <-ctx.Done():
			}
			return
		}
	}
	f()
	r.core.Aside = nil
}

// copy keeps what was set aside until ctx ends. A failure ends the run, which reads
// the event again in its next life.
func (r *runner) copy(ctx context.Context) error {
	for {
		select {
		case c := <-r.copies:
			if err := r.bus.Dead(ctx, r.svc.Participant(), c.message, c.Verdict, c.Reason); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}
