package registry

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const (
	scopeFleet = "fleet"
	scopePool  = "pool"
)

// brake says what the fleet's brake lacks: the answer to a person first, then what
// the silence asks for.
func (s *Holder) brake(f *Fleet, cfg Config, now time.Time) (say service.Says) {
	heard := f.listen(cfg.TTL, now)
	if w, state, ok := s.Inbox.Oldest(now); ok {
		overrule(w, state, heard.over() && heard.mass(), events.OfBrake{}, heard.silent, heard.of, &say)
		return say
	}
	listened := now.Sub(f.ear.Get().listening) >= cfg.TTL
	b := f.Brake
	switch {
	case f.engages(heard, cfg.TTL, now):
		say.Because(service.Cause{}, "%d of %d holders silent at once, nobody lapses", heard.silent, heard.of).
			Fact(events.BrakeEngaged{Scope: scopeFleet, Silent: heard.silent, Of: heard.of})
	case !b.Engaged:
	case listened && !heard.mass():
		say.Because(service.Cause{}, "%d of %d holders silent", heard.lost, heard.of).Fact(events.BrakeReleased{})
	case heard.heard && now.Sub(b.Since) >= brakeHold:
		say.Because(service.Cause{}, "others were heard for %s, %d of %d are silent", brakeHold, heard.lost, heard.of).Fact(events.BrakeReleased{})
	default:
		say.Waits(scopeFleet, "brake", "%d of %d holders silent since %s", heard.silent, heard.of, b.Since.Format(time.TimeOnly))
	}
	return say
}

func (f *Fleet) brakeDue(cfg Config, after time.Time) time.Time {
	if f.Brake.Engaged {
		return next(after, f.Brake.Since.Add(brakeHold), f.ear.Get().listening.Add(cfg.TTL))
	}
	var times []time.Time
	f.each(func(kind, name string, m *Member) {
		if !m.Lapsed {
			times = append(times, f.silentSince(kind, name).Add(cfg.TTL))
		}
	})
	return next(after, times...)
}

// overrule answers a person who believes the silence, or does not any more.
func overrule(w events.Event, state string, braking bool, of events.OfBrake, silent, all int, say *service.Says) {
	because := say.Because(service.CauseOf(w), "%d of %d silent", silent, all)
	_, asked := w.Data.(events.WishEvictionRequested)
	scope := scopeFleet
	if of.App != "" {
		scope = scopePool
	}
	switch {
	case state != "":
		because.Fact(events.BrakeRefused{OfBrake: of, Cause: state})
	case asked:
		because.Fact(events.BrakeReleased{OfBrake: of, Override: true})
	case braking:
		because.Fact(events.BrakeEngaged{OfBrake: of, Scope: scope, Silent: silent, Of: all})
	default:
		because.Fact(events.BrakeReleased{OfBrake: of})
	}
}
