package script

import (
	"bytes"
	"fmt"
	"slices"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// try asks of a decision, before it is said, what every service owes: decided twice
// it is the same, and cut after each of its Says, with a restart from the first event
// or from a snapshot, every Check holds and the rest is said.
func (w *world) try(a service.Append) error {
	if err := w.live.twice(w.now); err != nil {
		return err
	}
	snapshot, err := w.live.core.Export(stream)
	if err != nil {
		return err
	}
	for said := range a.Events {
		for _, from := range [][]byte{nil, snapshot} {
			if err := w.cut(a, said, from); err != nil {
				return fmt.Errorf("decision %s cut after %d, restarted: %w", names(a.Events), said, err)
			}
		}
	}
	return nil
}

func (w *world) cut(a service.Append, said int, snapshot []byte) error {
	log, err := w.live.log.cut(a, said)
	if err != nil {
		return err
	}
	l, err := begin(w.new(), log, snapshot)
	if err != nil {
		return err
	}
	l.ready(w.reread(), w.now)
	if err := l.rest(w.now, nil); err != nil {
		return err
	}
	missing := a.Events[said:]
	for _, e := range l.said {
		if len(missing) > 0 && e.Kind == missing[0].Kind && e.Subject == missing[0].Subject {
			missing = missing[1:]
		}
	}
	if len(missing) > 0 && !w.opt.silence[missing[0].Kind] {
		return fmt.Errorf("%s is not said, but %s", told(missing[0]), names(l.said))
	}
	return nil
}

// same tells whether the fold from the first event and the round trip through a
// snapshot give the live state, byte for byte, and whether a service that starts
// from either now has nothing to say that it did not say before.
func (w *world) same() error {
	live, err := w.live.core.Export(stream)
	if err != nil {
		return err
	}
	if err := w.sameFrom(nil, live); err != nil {
		return fmt.Errorf("folded from the first event: %w", err)
	}
	if err := w.sameFrom(live, live); err != nil {
		return fmt.Errorf("read from its snapshot: %w", err)
	}
	return nil
}

func (w *world) sameFrom(snapshot, live []byte) error {
	log, err := w.live.log.cut(service.Append{}, 0)
	if err != nil {
		return err
	}
	l, err := begin(w.new(), log, snapshot)
	if err != nil {
		return err
	}
	again, err := l.core.Export(stream)
	if err != nil {
		return err
	}
	if !bytes.Equal(live, again) {
		return fmt.Errorf("the state differs:\n  live %s\n  then %s", live, again)
	}
	l.ready(w.reread(), w.now)
	if err := l.rest(w.now, nil); err != nil {
		return err
	}
	if len(l.said) > 0 && !w.opt.silence[l.said[0].Kind] {
		return fmt.Errorf("it says once more %s", names(l.said))
	}
	return nil
}

// reread is the hearsay a restart finds: all wishes, the leases of the last minute,
// what the driver lists.
func (w *world) reread() (signals []service.Signal) {
	for i := range w.wishes {
		wish := w.wishes[i]
		signals = append(signals, service.Signal{Wish: &wish})
	}
	for _, holder := range service.Sorted(w.leases) {
		if h := w.leases[holder]; w.now.Sub(h.at) < leaseKept {
			signals = append(signals, service.Signal{Data: h.Heard})
		}
	}
	return append(signals, w.opt.relist(slices.Clone(w.sensed))...)
}

func names(es []events.Event) (all []string) {
	for _, e := range es {
		all = append(all, told(e))
	}
	return all
}
