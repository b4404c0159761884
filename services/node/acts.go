package node

import (
	"maps"
	"strconv"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// acts is what the hands must be doing now. The intent of each is a fact, but for what only looks or cleans up.
func (c Config) acts(s *State) (acts []service.Act) {
	w := s.world.Get()
	if w.boot == nil {
		return nil
	}
	do := func(long bool, data any, id string) { acts = append(acts, service.Act{ID: id, Data: data, Long: long}) }
	if !s.Left {
		do(true, Lease{s.Incarnation}, "lease/"+strconv.Itoa(s.Incarnation))
	}
	taking, busy := c.taking(w), false
	for _, r := range s.table().sorted {
		busy = busy || r.i.runs() || r.i.Phase == Stopping
		s.list(r, taking)
		acts = append(acts, r.acts...)
	}
	for _, id := range service.Sorted(s.Extras) {
		if s.Extras[id].Accepted {
			continue
		}
		do(false, Stop{id, signalDefault, graceMsDefault}, "stop/"+id)
	}
	for _, id := range s.stray() {
		if x := w.seen[id]; s.Extras[id] == nil && x.listed != nil && !x.listed.Running {
			do(false, Remove{id, appOf(id)}, "remove/"+id)
		}
	}
	if drill, on := s.drill(); on && !w.leaving {
		do(true, drill, "drill/"+drill.ID)
	}
	if w.leaving && !(taking && busy) {
		do(false, Gone{}, "gone/"+strconv.Itoa(s.Incarnation))
	}
	return acts
}

// act lists what one instance needs. An id names the try or attempt, so that the next one is another act.
func (s *State) act(id string, i *Instance, taking bool, do func(long bool, data any, id string)) {
	spec := s.spec(i)
	try := id + "/" + strconv.Itoa(i.Try)
	signal, grace := s.ending(i)
	if i.Try > 0 && i.Phase != Starting {
		do(true, Follow{id, i.App, i.Try}, "follow/"+try)
	}
	switch {
	case i.Phase == Stopping:
		do(false, Stop{id, signal, grace}, "stop/"+id)
	case i.runs() && (taking || i.Ending != ""):
		do(false, Halt{id, i.Try, signal, grace}, "halt/"+try)
	case spec == nil:
	case i.Phase == Fetching && spec.Artifact != nil:
		do(false, Fetch{id, i.FetchFailures, *spec.Artifact}, "fetch/"+id+"/"+strconv.Itoa(i.FetchFailures))
	case i.Phase == Starting:
		do(false, Start{ID: id, App: i.App, Release: i.Release, Try: i.Try, Command: command(i, spec), Spec: made(i, spec), Ports: i.Ports}, "start/"+try)
	case i.up() && i.Boot == s.Incarnation && i.Role != events.RoleHook:
		do(true, s.watch(id, i, spec), "watch/"+try)
	}
}

// made is what an instance is started from. A hook runs beside the instances it
// precedes, so it gets none of the volumes that stay.
func made(i *Instance, spec *events.Spec) events.Spec {
	s := *spec
	if i.Role == events.RoleHook {
		s.Volumes = maps.Clone(s.Volumes)
		maps.DeleteFunc(s.Volumes, func(_ string, v events.SpecVolume) bool { return v.Stays() })
	}
	return s
}

func command(i *Instance, spec *events.Spec) []string {
	if argv := i.hook(spec).Command; i.Role == events.RoleHook && len(argv) > 0 {
		return argv
	}
	return spec.Command
}

func (s *State) watch(id string, i *Instance, spec *events.Spec) Watch {
	w := Watch{ID: id, App: i.App, Release: i.Release, Try: i.Try, Ready: s.probe(spec.Health.Ready, i, spec)}
	if spec.Health.Live != nil {
		live := s.probe(*spec.Health.Live, i, spec)
		w.Live = &live
	}
	return w
}

func (s *State) probe(c events.HealthCheck, i *Instance, spec *events.Spec) Probe {
	if c.Kind != events.CheckHTTP && c.Kind != events.CheckTCP {
		return Probe{HealthCheck: c}
	}
	return Probe{c, hostPort(s.Said.Address, i.Ports[portOf(c, spec)])}
}

// due is the next moment at which something may be said unprompted.
func (c Config) due(s *State, now time.Time) (first time.Time) {
	first = s.Drills.Due(now)
	for _, r := range s.table().sorted {
		s.list(r, c.taking(s.world.Get()))
		for _, at := range r.moment {
			if at.After(now) && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	return first
}

func (s *State) deadlines(i *Instance) (all []time.Time) {
	spec := s.spec(i)
	if i.Withdrawn != nil {
		all = append(all, i.Withdrawn.StopBy)
	}
	switch {
	case spec == nil:
	case i.Phase == FetchFailed || i.Phase == BackingOff:
		all = append(all, i.Until)
	case i.Phase == Started && i.Role == events.RoleHook:
		all = append(all, i.StartedAt.Add(ms(i.hook(spec).TimeoutMs)))
	case i.Phase == Started:
		all = append(all, startupEnds(i, spec))
	}
	return all
}
