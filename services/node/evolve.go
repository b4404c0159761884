package node

import (
	"time"

	"slipway.dev/events"
)

// evolveWanted folds what others want of an instance.
func (s *State) evolveWanted(e events.Event) {
	switch d := e.Data.(type) {
	case events.AssignmentCleared:
		s.instance(d.Instance, e, func(i *Instance) { i.Held = false })
	case events.AssignmentWithdrawn:
		s.instance(d.Instance, e, func(i *Instance) { i.withdraw(d.Cause, time.UnixMilli(d.StopByMs).UTC()) })
	case events.PlacementEvacuated:
		s.instance(d.Instance, e, func(i *Instance) {
			by := e.Time.Add(drainSlack)
			if spec := s.spec(i); spec != nil {
				by = by.Add(ms(spec.Stop.DrainMs))
			}
			i.withdraw("evacuated: "+d.Cause, by)
		})
	case events.EndpointDrained:
		if i, ok := s.Instances[d.Endpoint.Endpoint]; ok && i.App == d.App && i.Withdrawn != nil {
			s.instance(d.Endpoint.Endpoint, e, func(i *Instance) { i.Withdrawn.Drained, i.Withdrawn.Cut = true, d.Cut })
		}
	}
}

// withdraw keeps the first word; a second one can only come sooner.
func (i *Instance) withdraw(why string, stopBy time.Time) {
	if i.Withdrawn == nil {
		i.Withdrawn = &Withdrawal{Why: why, StopBy: stopBy}
	}
	if stopBy.Before(i.Withdrawn.StopBy) {
		i.Withdrawn.StopBy = stopBy
	}
}

// evolveIntent folds what this node said it would do.
func (s *State) evolveIntent(e events.Event) {
	switch d := e.Data.(type) {
	case events.InstanceFetching:
		s.instance(d.Instance, e, func(i *Instance) { i.enter(Fetching, e) })
	case events.InstanceStarting:
		s.instance(d.Instance, e, func(i *Instance) {
			i.enter(Starting, e)
			i.Try, i.Boot, i.Ports, i.StartedAt = d.Try, d.Boot, d.Ports, e.Time
			i.ReadyBoot, i.ReadyAt, i.Ending, i.Why = 0, time.Time{}, "", ""
			i.Exit, i.Found, i.Accepted, i.Until = nil, false, false, time.Time{}
			s.rest(s.spec(i), d.Ports)
		})
	case events.InstanceBackingOff:
		s.instance(d.Instance, e, func(i *Instance) {
			i.enter(BackingOff, e)
			i.Until = d.Until
		})
	case events.InstanceStopping:
		s.instance(d.Instance, e, func(i *Instance) { i.enter(Stopping, e) })
	}
}

// evolveSensed folds what this node said it saw.
func (s *State) evolveSensed(e events.Event) {
	switch d := e.Data.(type) {
	case events.InstanceFetched:
		s.instance(d.Instance, e, func(i *Instance) {
			i.enter(Fetched, e)
			i.FetchFailures, i.Until = 0, time.Time{}
		})
	case events.InstanceFetchFailed:
		s.instance(d.Instance, e, func(i *Instance) {
			i.enter(FetchFailed, e)
			i.FetchFailures, i.Final, i.Until, i.Why = d.Failures, d.Final, d.Until, d.Detail
		})
	case events.InstanceStarted:
		s.instance(d.Instance, e, func(i *Instance) {
			i.enter(Started, e)
			i.Boot, i.StartedAt = d.Boot, e.Time
		})
	case events.InstanceAdopted:
		s.instance(d.Instance, e, func(i *Instance) {
			i.Boot = d.Boot
			if i.Phase == Started { // nobody asked it meanwhile: its startup is counted anew
				i.Since = e.Time
			}
		})
	case events.InstanceReady:
		s.instance(d.Instance, e, func(i *Instance) { i.ready(d.Boot, e) })
	case events.InstanceUnready:
		s.instance(d.Instance, e, func(i *Instance) {
			i.enter(Unready, e)
			i.ReadyAt, i.Ending, i.Why = time.Time{}, d.Ending, e.Reason
		})
	case events.InstanceExited:
		s.instance(d.Instance, e, func(i *Instance) { i.exited(d, e, s.spec(i)) })
	case events.InstanceFailed:
		s.end(d.Instance)
	case events.InstanceCompleted:
		s.end(d.Instance)
	case events.InstanceStopped:
		s.end(d.Instance)
	}
}

func (i *Instance) ready(boot int, e events.Event) {
	if i.Phase != Ready {
		i.enter(Ready, e)
		i.ReadyAt = e.Time
	}
	i.ReadyBoot, i.Routed, i.PortTries = boot, true, 0
}

func (i *Instance) exited(d events.InstanceExited, e events.Event, spec *events.Spec) {
	long := !i.ReadyAt.IsZero() && e.Time.Sub(i.ReadyAt) >= healthyFor
	i.enter(Exited, e)
	i.Ports, i.Boot, i.Ending, i.Why, i.Found, i.Accepted = nil, 0, "", "", false, false
	i.Exit = &Exit{
		At: e.Time, Code: d.Code, Cause: d.Cause, Why: e.Reason, Tail: d.Tail,
		Clean:   d.Code == 0 && d.Signal == "" && d.Cause == "" && !d.Oom,
		Counted: !d.Planned && (d.Cause != causePort || i.PortTries >= portTriesMax),
	}
	if d.Cause == causePort {
		i.PortTries++
	}
	if !i.Exit.Counted {
		return
	}
	if long {
		i.Failures = 0
	}
	i.Failures++
	i.Failed = append(within(i.Failed, e.Time, spec), e.Time)
}

// within keeps the exits that still count against giving up.
func within(all []time.Time, now time.Time, spec *events.Spec) (kept []time.Time) {
	if spec == nil {
		return nil
	}
	for _, at := range all {
		if now.Sub(at) < ms(spec.Restart.GiveUpWithinMs) {
			kept = append(kept, at)
		}
	}
	if most := spec.Restart.GiveUpFailures; most > 0 && len(kept) >= most {
		kept = kept[len(kept)-most+1:]
	}
	return kept
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
