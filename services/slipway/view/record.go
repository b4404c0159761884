package view

import (
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
)

// Record is what is kept of a release for ever: the deployer forgets old ones.
type Record struct {
	Release  deployer.Release // as it was last
	Planned  events.Event     // release.planned or refused
	Decided  events.Event     // what decided its end: aborted, refused, stranded, else its last fact
	Ended    events.Event
	Reasons  []events.Refusal // of a refused one
	Served   int              // basis points of the requests it had at most
	Exposed  int64            // requests it got before it was taken back
	Failed   int64            // of these, or of the app while it was made
	Total    int64            // requests of the app while it was made
	Cut      int64
	Restored int    // release that serves again after it
	Serving  string // what a stranded one left: a release or none
	TookMs   int64
}

// Record is what is kept of a release; nil if there was none.
func (l *Log) Record(app string, release int) *Record { return l.releases[app][release] }

// version is what people call a release's revision.
func (l *Log) version(app string, release int) string {
	if r := l.Record(app, release); r != nil {
		return r.Release.Spec.Version
	}
	return ""
}

func (l *Log) foldRecord(e events.Event) {
	switch d := e.Data.(type) {
	case events.AppDeclared:
		if l.declared[d.App] == nil {
			l.declared[d.App] = map[int]events.Event{}
		}
		e.Raw = nil
		l.declared[d.App][d.Declaration] = e
		return
	case events.RouteShifted:
		l.serve(d)
		return
	}
	if e.Kind.Entity != "release" || e.Kind.Owner != "deployer" {
		return
	}
	n, ok := e.Data.(interface{ Number() int })
	if !ok || strings.HasSuffix(e.Kind.Happened, "-refused") {
		return
	}
	l.record(e, n.Number())
}

// record keeps what a fact tells of a release.
func (l *Log) record(e events.Event, release int) {
	e.Raw = nil
	r := l.Record(e.App, release)
	if r == nil {
		r = &Record{Planned: e}
		if l.releases[e.App] == nil {
			l.releases[e.App] = map[int]*Record{}
		}
		l.releases[e.App][release] = r
	}
	if a, _ := l.state(e.App); a != nil && a.Releases[release] != nil {
		r.Release = *a.Releases[release]
	}
	switch d := e.Data.(type) {
	case events.ReleaseRefused:
		r.Reasons, r.Decided, r.Ended = d.Reasons, e, e
	case events.ReleaseAborted:
		r.Decided = e
	case events.ReleaseCompleted:
		r.Ended, r.TookMs = e, d.TookMs
		r.Total, r.Failed, r.Cut = d.Requests, d.Failed, d.Cut
	case events.ReleaseRolledBack:
		r.Ended, r.Restored = e, d.To
		if !r.Release.Reached {
			r.Exposed, r.Failed = d.Requests, d.RequestsFailed // tookMs is of the way home alone
			r.Total = l.since(e.App, r)
		}
	case events.ReleaseStranded:
		r.Ended, r.Serving = e, d.Serving
		if r.Decided.ID == "" {
			r.Decided = e
		}
	case events.ReleaseSuperseded:
		r.Decided, r.Ended = e, e
	}
}

// since counts the app's requests from the planning of a release to now.
func (l *Log) since(app string, r *Record) (n int64) {
	a, _ := l.state(app)
	for _, c := range a.Counts {
		n += c.Requests
	}
	return max(n-r.Release.Base.Requests, r.Exposed)
}

// serve notes the largest share each release had.
func (l *Log) serve(d events.RouteShifted) {
	for _, s := range d.Shares {
		if r := l.Record(d.App, s.Release); r != nil {
			r.Served = max(r.Served, s.ShareBp)
		}
	}
}

// numbers are the releases of an app the log tells of, the newest first.
func (l *Log) numbers(app string) []int {
	all := service.Sorted(l.releases[app])
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all
}
