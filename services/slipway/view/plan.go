package view

import (
	"fmt"
	"slices"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/deployer"
)

// Plan is one item of PlanList: what a declaration would do now.
type Plan struct {
	App        string    `json:"app"`
	ID         string    `json:"id"`
	Noop       bool      `json:"noop"`
	Base       int       `json:"base,omitempty"`
	Release    int       `json:"release"`
	Strategy   string    `json:"strategy"`
	Revision   string    `json:"revision"`
	Changes    []Change  `json:"changes"`
	Steps      []Stage   `json:"steps"`
	Placement  []Place   `json:"placement"`
	Guarantees []Claim   `json:"guarantees"`
	Warnings   []string  `json:"warnings"`
	Refused    []Refused `json:"refused"`

	// Instances wanted, for people.
	Instances int `json:"-"`
}

// Name is the plan's id.
func (p Plan) Name() string { return p.ID }

// Stage is one step of a release.
type Stage struct {
	Index     int     `json:"index"`
	Share     float64 `json:"share"`
	Instances int     `json:"instances"`
	PauseMs   *int64  `json:"pauseMs,omitempty"`
	Approval  bool    `json:"approval"`

	// Checks that must pass before the step is done, in a person's words.
	Checks []string `json:"checks,omitempty"`
}

// Place is what becomes of an instance.
type Place struct {
	Instance string `json:"instance"`
	Node     string `json:"node"`
	Action   string `json:"action"`
}

// Refused is why the plan cannot be met.
type Refused struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Plan tells what a declaration would do at a moment, by the deployer's own
// functions. code turns a refusal's word into a code; warnings are the app file's;
// beside are the apps of the same file.
func (l *Log) Plan(d events.Document, now time.Time, code func(word string) string, warnings []string, beside ...string) Plan {
	a, f := l.App(d.Name)
	if a == nil {
		a = deployer.NewApp(d.Name)
	}
	if f == nil {
		f = &deployer.Fleet{}
	}
	r := l.read(a, f, now)
	p := Plan{
		App: d.Name, ID: a.PlanID(d), Release: a.Last + 1, Strategy: d.Deploy.Strategy, Revision: d.Revision(),
		Changes: []Change{}, Steps: []Stage{}, Placement: []Place{}, Refused: []Refused{}, Warnings: orNone(warnings),
		Instances: r.Wanted(d),
	}
	if !a.Retired {
		p.Base = a.Stable
	}
	p.changes(a, d)
	if same := r.Unchanged(d); same != 0 {
		p.Release = same
		p.Noop = a.Accepted.Hash == d.Hash()
	}
	p.refuse(r.Refusals(d, beside...), code)
	p.Steps = stages(d, p.Instances)
	p.place(l, a, r.Asks(d), code)
	p.Guarantees = claims(a, d, p.Instances)
	return p
}

func (p *Plan) changes(a *deployer.App, d events.Document) {
	if a.Accepted != nil && !a.Retired {
		p.Changes = Changes(&a.Accepted.Document, d)
		return
	}
	p.Changes = Changes(nil, d)
}

func (p *Plan) refuse(reasons []events.Refusal, code func(string) string) {
	for _, x := range reasons {
		p.Refused = append(p.Refused, Refused{code(x.Code), x.Code + ": " + x.Text})
	}
}

// stages are the steps of a strategy.
func stages(d events.Document, target int) []Stage {
	var stages []Stage
	for i, s := range d.Deploy.Steps {
		stage := Stage{Index: i + 1, Share: share(s.WeightBp), Instances: s.Instances(target), Approval: s.Approve, Checks: wants(s.Analysis)}
		if s.PauseMs > 0 {
			stage.PauseMs = &s.PauseMs
		}
		stages = append(stages, stage)
	}
	all := Stage{Index: len(stages) + 1, Share: 1, Instances: target}
	if bg := d.Deploy.BlueGreen; d.Deploy.Strategy == events.BlueGreen {
		all.Approval = bg.Promote == events.PromoteManual
		if bg.PromoteAfterMs > 0 {
			all.PauseMs = &bg.PromoteAfterMs
		}
	}
	return append(stages, all)
}

// place tells where new instances would go and which leave. With instances kept
// (nothing but steering changes) none moves.
func (p *Plan) place(l *Log, a *deployer.App, asks []events.AssignmentRequested, code func(string) string) {
	keeps := p.Release == a.Stable && p.Base != 0
	for _, i := range l.Instances(p.App, false) {
		action := "stop"
		if keeps {
			action = "keep"
		}
		p.Placement = append(p.Placement, Place{i.ID, i.Node, action})
	}
	if keeps || len(p.Refused) > 0 {
		return
	}
	nodes, lacks := l.cluster().Places(asks)
	for _, ask := range asks {
		if node := nodes[ask.Instance]; node != "" {
			p.Placement = append(p.Placement, Place{ask.Instance, node, "start"})
		}
	}
	if len(nodes) == 0 && len(asks) > 0 {
		p.Refused = append(p.Refused, Refused{code("never-fits"), "placement: " + lacks})
	}
	slices.SortFunc(p.Placement, func(a, b Place) int {
		return slices.Compare([]string{a.Action, a.Instance}, []string{b.Action, b.Instance})
	})
}

// seconds writes milliseconds as people say them.
func seconds(ms int64) string { return (time.Duration(ms) * time.Millisecond).String() }

// check names a readiness check: GET /healthz, tcp http, alive.
func check(h events.HealthCheck) string {
	switch h.Kind {
	case events.CheckHTTP:
		return "GET " + h.Path
	case events.CheckTCP:
		return "tcp " + h.Port
	case events.CheckExec:
		return fmt.Sprintf("exec %q", h.Command)
	}
	return "the process runs"
}
