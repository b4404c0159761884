package script

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// restMax bounds the decisions of one instant: a service that says more is talking to
// itself.
const restMax = 1000

// stream is the identity under which snapshots are made and read.
const stream = "script"

// life is one start of the service: a core on a log.
type life struct {
	core   *service.Core
	log    *Log
	acts   map[string]bool // running now
	due    time.Time       // when it wants to be asked again
	said   []events.Event
	broken []service.Broken
}

// begin starts the service on a log, from a snapshot if there is one, and hears all
// the log holds. Hearsay comes later, so every Check must hold without it.
func begin(svc service.Service, log *Log, snapshot []byte) (*life, error) {
	l := &life{core: service.NewCore(svc), log: log, acts: map[string]bool{}}
	l.core.Found = func(b service.Broken) { l.broken = append(l.broken, b) }
	if snapshot != nil {
		if err := l.core.Import(snapshot, stream); err != nil {
			return nil, err
		}
	}
	return l, l.hear()
}

// ready tells it the hearsay that is read again and that it has all.
func (l *life) ready(signals []service.Signal, now time.Time) {
	for _, s := range signals {
		l.core.Sense(s, now)
	}
	l.core.CaughtUp(now)
	l.core.SignalsCaughtUp(now)
	l.core.HandsReady(now)
}

// hear folds what the log holds beyond the position; every Check holds after each.
func (l *life) hear() error {
	for _, e := range l.log.stored[l.core.Position().Seq:] {
		if !l.core.HearsOwner(e.Kind.Owner) {
			l.core.Skip(e.Pos)
			continue
		}
		l.core.Hear(e)
		if err := l.check(); err != nil {
			return fmt.Errorf("after %s: %w", told(e), err)
		}
	}
	for _, p := range l.core.Parked() {
		return fmt.Errorf("event %s parked: %s: %s", p.Pos, p.Verdict, p.Reason)
	}
	return nil
}

// rest decides until nothing more is said at this instant. each sees a decision
// before it is stored.
func (l *life) rest(now time.Time, each func(service.Append) error) error {
	for range restMax {
		step := l.core.Next(now)
		for _, id := range step.Cancel {
			delete(l.acts, id)
		}
		for _, a := range step.Start {
			l.acts[a.ID] = true
		}
		if len(step.Appends) == 0 {
			l.due = step.Due
			return l.restful(now)
		}
		for _, a := range step.Appends {
			if err := l.say(a, now, each); err != nil {
				return err
			}
		}
		if err := l.hear(); err != nil {
			return err
		}
	}
	return fmt.Errorf("no rest after %d decisions; the last said %s", restMax, told(l.said[len(l.said)-1]))
}

func (l *life) say(a service.Append, now time.Time, each func(service.Append) error) error {
	if each != nil {
		if err := each(a); err != nil {
			return err
		}
	}
	r, err := l.log.Append(context.Background(), a.Guard, a.Expected, a.Events)
	l.core.Appended(a, r, err, now)
	if err != nil {
		return err
	}
	l.said = append(l.said, l.log.stored[r.First.Seq-1:r.Last.Seq]...)
	return nil
}

// restful tells what still stirs at rest: a key that would speak if it were asked,
// one that wants to be asked in the past, a promise found broken.
func (l *life) restful(now time.Time) error {
	if !l.due.IsZero() && !l.due.After(now) {
		return fmt.Errorf("wants to be asked again at %s, which has come, and says nothing", l.due.Format(clock))
	}
	for _, b := range l.broken {
		return fmt.Errorf("promise %s of %q broken: %s", b.Name, b.Key, b.Detail)
	}
	return l.eachKey(func(m service.Machine, key string) error {
		if says := m.Decide(key, now); m.Joined(key) && !says.Empty() {
			return fmt.Errorf("at rest %s %q, asked again, still says %s", m.Owner(), key, sayNames(says))
		}
		return nil
	})
}

func (l *life) check() error {
	return l.eachKey(func(m service.Machine, key string) error {
		if err := m.Check(key); err != nil {
			return fmt.Errorf("promise of %s %q: %w", m.Owner(), key, err)
		}
		return nil
	})
}

// twice asks every key twice about the same state.
func (l *life) twice(now time.Time) error {
	return l.eachKey(func(m service.Machine, key string) error {
		before := m.State(key)
		first, second := m.Decide(key, now), m.Decide(key, now)
		if !reflect.DeepEqual(first, second) || string(before) != string(m.State(key)) {
			return fmt.Errorf("%s %q, asked twice, says %s, then %s, and its state must not change", m.Owner(), key, sayNames(first), sayNames(second))
		}
		return nil
	})
}

func (l *life) eachKey(f func(m service.Machine, key string) error) error {
	for _, m := range l.core.Machines() {
		for _, key := range m.Keys() {
			if err := f(m, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func sayNames(s service.Says) (names []string) {
	for _, f := range s.Facts {
		b, _ := json.Marshal(f.Data)
		names = append(names, events.KindOf(f.Data).Name()+" "+string(b))
	}
	return names
}
