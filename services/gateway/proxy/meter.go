package proxy

import (
	"cmp"
	"slices"

	"slipway.dev/pkg/split"
)

// Load is what an app has under way and what became of its split.
type Load struct {
	App        string
	Generation uint64 // of its route
	Held       int64  // requests waiting at a hold
	Denied     uint64 // retries that the budget did not allow, since the process started
	Gap        int64  // between the most and the least loaded endpoint of its stable release
	Split      *Split // nil without a canary
	Endpoints  []EndpointLoad
}

// Split is what was decided since a canary got its share.
type Split struct {
	Release    uint64 // the canary
	Generation uint64 // of the route that gave it the share
	ShareBp    int
	Requests   uint64 // decided
	Wanted     uint64 // of them by users who belong to the canary; without sticky users Admitted
	Admitted   uint64 // of them sent to the canary
}

// EndpointLoad is what is inside one endpoint.
type EndpointLoad struct {
	ID       string
	Release  uint64
	InFlight int64 // requests
	Streams  int64
	Breaker  Standing
}

// Loads are the apps of the table, sorted, as they stand.
func (p *Proxy) Loads() (all []Load) {
	for _, a := range p.table.Load().apps {
		all = append(all, a.load())
	}
	slices.SortFunc(all, func(a, b Load) int { return cmp.Compare(a.App, b.App) })
	return all
}

func (a *App) load() Load {
	l := Load{App: a.name, Generation: a.generation, Denied: a.flow.denied.Load(), Split: a.split.counts()}
	if a.held != nil {
		l.Held = a.held.held.Load()
	}
	seen := map[*stay]bool{}
	for _, pool := range a.pools() {
		for _, s := range pool.seats {
			if !seen[s.stay] {
				seen[s.stay] = true
				l.Endpoints = append(l.Endpoints, s.load())
			}
		}
	}
	l.Gap = a.stable.gap()
	slices.SortFunc(l.Endpoints, func(x, y EndpointLoad) int { return cmp.Compare(x.ID, y.ID) })
	return l
}

func (s *Seat) load() EndpointLoad {
	streams := s.streams.Inside()
	return EndpointLoad{ID: s.id, Release: s.release, InFlight: s.inFlight() - streams, Streams: streams, Breaker: s.judge.stands()}
}

func (j *judge) stands() Standing {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.standing
}

// gap is how far the loads of a pool are apart.
func (p *Pool) gap() int64 {
	if len(p.seats) == 0 {
		return 0
	}
	least, most := p.seats[0].inFlight(), p.seats[0].inFlight()
	for _, s := range p.seats[1:] {
		n := s.inFlight()
		least, most = min(least, n), max(most, n)
	}
	return most - least
}

func (s *share) counts() *Split {
	if s == nil {
		return nil
	}
	c := &Split{Release: s.canary, Generation: s.generation, ShareBp: s.bp}
	if s.users != nil {
		c.Requests, c.Wanted, c.Admitted = s.users.Counts()
		return c
	}
	c.Requests = s.plain.Seen()
	bp := uint64(s.bp)
	c.Admitted = c.Requests/split.Whole*bp + c.Requests%split.Whole*bp/split.Whole // the splitter's own promise
	c.Wanted = c.Admitted
	return c
}
