package window

import "slipway.dev/events"

// levels are how many requests were inside a window's instances, second by second.
type levels struct {
	seconds map[int][]float64 // by release
	held    int
}

// levels adds up what the gateways' newest lives told and moves their bases.
func (f *Fold) levels(a *app, from, to int64, st Standing) levels {
	all := levels{seconds: map[int][]float64{}}
	speaks := map[*boot]bool{}
	for _, name := range st.Live {
		if b := f.speakers[speakerKey{KindGateway, name}].newest(); b != nil {
			speaks[b] = true
		}
	}
	for _, x := range a.series {
		if !x.key.family.level() {
			continue
		}
		if speaks[x.boot] {
			all.add(x, from, to)
		}
		x.take(to, nil)
	}
	return all
}

func (l *levels) add(x *series, from, to int64) {
	if x.key.family == held {
		l.held += int(x.at(to))
		return
	}
	each := l.seconds[x.release]
	if each == nil {
		each = make([]float64, to-from)
		l.seconds[x.release] = each
	}
	for i := range each {
		each[i] += x.at(from + int64(i) + 1)
	}
}

// of is a release's level over the window. None was told: nothing is in flight, unless
// somebody did not report.
func (l *levels) of(release int, complete bool) *events.LoadRange {
	each, told := l.seconds[release]
	if !told && !complete {
		return nil
	}
	r := &events.LoadRange{}
	for _, n := range each {
		r.Mean += n
		r.Max = max(r.Max, int(n))
	}
	r.Mean /= float64(max(len(each), 1))
	return r
}
