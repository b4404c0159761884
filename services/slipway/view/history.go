package view

import (
	"slipway.dev/services/deployer"
)

// Past is one item of ReleaseList.
type Past struct {
	App            string  `json:"app"`
	Release        int     `json:"release"`
	Revision       string  `json:"revision"`
	Version        string  `json:"version"`
	Digest         string  `json:"digest"`
	Strategy       string  `json:"strategy"`
	Outcome        string  `json:"outcome"`
	Active         bool    `json:"active"`
	Step           int     `json:"step"`
	Of             int     `json:"of"`
	ExposedShare   float64 `json:"exposedShare"`
	FailedRequests int64   `json:"failedRequests"`
	Actor          string  `json:"actor"`
	Reason         string  `json:"reason"`
	StartedAt      Time    `json:"startedAt"`
	EndedAt        Time    `json:"endedAt,omitzero"`
	TookMs         *int64  `json:"tookMs,omitempty"`
	Correlation    string  `json:"correlation"`
	Checks         []Check `json:"checks,omitempty"`
}

// Name is the release as people write it.
func (p Past) Name() string { return ReleaseName(p.App, p.Release) }

// History are an app's releases, the newest first; at most n, 0 for all.
func (l *Log) History(app string, n int) (list []Past) {
	for _, number := range l.numbers(app) {
		if n > 0 && len(list) == n {
			break
		}
		list = append(list, l.told(app, number))
	}
	return list
}

func (l *Log) told(app string, number int) Past {
	r := l.Record(app, number)
	a, _ := l.state(app)
	step, of := r.Release.Stage()
	p := Past{
		App: app, Release: number, Revision: r.Release.Revision, Version: r.Release.Spec.Version,
		Strategy: r.Release.Strategy, Outcome: Outcome(&r.Release), Step: step, Of: of,
		Active: a.Stable == number && !a.Retired, FailedRequests: r.Failed,
		ExposedShare: share(r.Served), Actor: l.actor(app, r), Reason: r.reason(),
		StartedAt: Time{r.Planned.At()}, Correlation: r.Planned.Correlation, Checks: checksOf(&r.Release),
	}
	if art := r.Release.Spec.Artifact; art != nil {
		p.Digest = "sha256:" + art.SHA256
	}
	if r.Ended.ID != "" {
		p.EndedAt = Time{r.Ended.At()}
		took := r.TookMs
		if took == 0 {
			took = p.EndedAt.Sub(p.StartedAt.Time).Milliseconds()
		}
		p.TookMs = &took
	}
	return p
}

// reason is why it ended as it did, else why it was made.
func (r *Record) reason() string {
	if r.Decided.ID != "" {
		return r.Decided.Reason
	}
	return r.Planned.Reason
}

// actor is who asked for a release: who wished, or who declared what it is made of.
func (l *Log) actor(app string, r *Record) string {
	if !r.Planned.Wish.IsZero() {
		return r.Planned.Actor
	}
	if d, ok := l.declared[app][r.Release.Declaration]; ok {
		return d.Actor
	}
	return r.Planned.Actor
}

// Outcome is how a release ended, or that it runs, in the words of documents.
func Outcome(r *deployer.Release) string {
	switch r.Phase {
	case deployer.PhaseCompleted, deployer.PhaseWarm, deployer.PhaseCold, deployer.PhasePromoted:
		return "promoted"
	case deployer.PhaseRolledBack:
		if r.Aborted == deployer.ByOperator {
			return "aborted"
		}
		return "rolled-back"
	case deployer.PhaseSuperseded:
		return "superseded"
	case deployer.PhaseStranded:
		return "failed"
	case deployer.PhaseRefused:
		return "refused"
	case deployer.PhasePaused:
		return "paused"
	}
	return "running"
}
