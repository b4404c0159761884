package node

// byApp finds the releases and instances of an app without a look at all others: a node reads of every release there is.
// It is no part of the fold and made anew where it is missing.
type byApp struct {
	releases  map[string]map[int]bool
	instances map[string]map[string]bool
}

// apps is the index, made of what there is where there is none yet.
func (s *State) apps() *byApp {
	x := s.index.Get()
	if x.releases == nil {
		*x = byApp{map[string]map[int]bool{}, map[string]map[string]bool{}}
		for _, r := range s.Releases {
			into(x.releases, r.App, r.Number)
		}
		for id, i := range s.Instances {
			into(x.instances, i.App, id)
		}
	}
	return x
}

func into[K comparable](m map[string]map[K]bool, app string, k K) {
	if m[app] == nil {
		m[app] = map[K]bool{}
	}
	m[app][k] = true
}

func outOf[K comparable](m map[string]map[K]bool, app string, k K) {
	if delete(m[app], k); len(m[app]) == 0 {
		delete(m, app)
	}
}

// keep and forget are the only ways of a release in and out.
func (s *State) keep(r *Release) {
	into(s.apps().releases, r.App, r.Number)
	s.Releases[releaseKey(r.App, r.Number)] = r
}

func (s *State) forget(app string, number int) {
	outOf(s.apps().releases, app, number)
	delete(s.Releases, releaseKey(app, number))
}
