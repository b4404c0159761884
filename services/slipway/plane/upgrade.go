package plane

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"
)

// serve waits for the end, or until a successor serves in this gateway's place: each
// SIGHUP starts one.
func (r *runner) serve(ctx context.Context, c *crew) error {
	outcome := make(chan error, 1)
	under := false
	for {
		select {
		case <-ctx.Done():
			if under && <-outcome == nil {
				r.door.passed.Store(true)
			}
			return nil
		case err := <-c.failed:
			return err
		case err := <-outcome:
			if under = false; err == nil {
				r.door.passed.Store(true)
				return nil
			}
			r.log.Error().Err(err).Msg("not replaced, serves on")
		case <-r.hangups.signals:
			switch {
			case r.hangups.gone():
				return nil
			case under:
				r.log.Warn().Str("signal", "SIGHUP").Msg("ignored: a successor is on its way")
			default:
				under = true
				go func() { outcome <- r.replace(ctx) }()
			}
		}
	}
}

// upgradable tells why this process cannot be replaced while it serves; empty: it can.
func (r *runner) upgradable() (why string) {
	_, ok := otherSlot(r.slot())
	switch {
	case !slices.Equal(r.names, []string{"gateway"}):
		return "only a gateway that runs alone in its process is replaced while it serves"
	case !ok:
		return fmt.Sprintf("%s names no slot, such as gw1-a and gw1-b", r.slot())
	}
	return ""
}

// replace starts a successor and returns once it serves; else it is gone, and nothing
// has changed here.
func (r *runner) replace(ctx context.Context) error {
	slot, _ := otherSlot(r.slot())
	if !slotFree(r.Data, slot) {
		return fmt.Errorf("%s has not left yet", slot)
	}
	hands := r.door.hands.Load()
	if hands == nil {
		return fmt.Errorf("%s has no bus", r.slot())
	}
	ctx, cancel := context.WithTimeout(ctx, successorWait)
	defer cancel()
	b, err := r.host.connect(ctx, "gateway-"+r.slot()+"-handover")
	if err != nil {
		return err
	}
	defer b.Close()
	info, err := b.Info(ctx)
	if err != nil {
		return err
	}
	sockets, err := r.door.files()
	if err != nil {
		return err
	}
	s, err := beget(r.program, slot, sockets, r.owned.gateway())
	closeAll(sockets)
	if err != nil {
		return fmt.Errorf("start %s: %w", r.program.path, err)
	}
	r.log.Info().Str("successor", slot).Int("pid", s.cmd.Process.Pid).Str("program", r.program.path).Msg("successor started")
	if err := s.serves(ctx, b.Bus, info.Last, hands.Serving); err != nil {
		s.kill()
		logged(r.log, own(r.owned.gateway()), "name the owner of the data folder")
		return err
	}
	r.log.Info().Str("successor", slot).Msg("successor serves, leaving")
	return nil
}

// inherits makes a successor say, once its listeners are open, that it is the one to
// be supervised and that its predecessor may go.
func (r *runner) inherits(in inherited) {
	for _, s := range in.sockets {
		r.door.kept = append(r.door.kept, s.listener)
	}
	r.door.heir = in.heir != nil
	r.door.opened = func() {
		r.door.close() // a socket that nothing here listens on: its queue would wait for ever
		if in.heir == nil {
			return
		}
		_ = r.supervisor.tell("MAINPID=" + strconv.Itoa(os.Getpid()))
		_, _ = in.heir.Write([]byte{1}) // a predecessor that was killed needs no word
		in.heir.Close()
	}
}

// leaving bounds the end of this process. With a successor nobody waits for it: what
// is left may take its time until somebody does.
func (r *runner) leaving(ctx context.Context) (context.Context, context.CancelFunc) {
	if !r.door.handedOver() {
		return context.WithTimeout(context.WithoutCancel(ctx), stopWait)
	}
	end, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(stopWait, cancel) })
	return end, func() { stop(); cancel() }
}
