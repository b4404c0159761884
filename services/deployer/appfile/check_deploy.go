package appfile

import (
	"fmt"
	"regexp"

	"slipway.dev/events"
)

const (
	maxWeight     = 100
	maxConditions = 32
	maxWarm       = 10
	maxWindow     = 100
	maxHistory    = 1000
)

var spreadShape = regexp.MustCompile(`^(node|zone|arch|os|labels\.[A-Za-z0-9._-]+)$`)

func (c *checker) placement() {
	p := c.doc.Placement
	c.word(p.Strategy, "placement", "strategy")
	for i, key := range p.Spread {
		if !spreadShape.MatchString(key) {
			c.refuseText(NotOneOf, []string{"placement", "spread", fmt.Sprint(i)}, "must be node, zone, arch, os or labels.K", key)
		}
	}
	for i, expr := range p.Require {
		c.condition(expr, "placement", "require", fmt.Sprint(i))
	}
	for i, each := range p.Prefer {
		at := []string{"placement", "prefer", fmt.Sprint(i)}
		c.condition(each.Expr, below(at, "expr")...)
		c.within(int64(each.Weight), span{-maxWeight, maxWeight, formatCount}, below(at, "weight")...)
	}
	if len(p.Spread)+len(p.Require)+len(p.Prefer) > maxConditions {
		c.refuse(OutOfRange, []string{"placement"}, fmt.Sprintf("at most %d conditions", maxConditions))
	}
	if at := []string{"placement", "maxPerNode"}; p.MaxPerNode != 0 || c.written(at) {
		c.within(int64(p.MaxPerNode), span{1, maxReplicas, formatCount}, at...)
	}
}

func (c *checker) condition(expr string, path ...string) {
	if _, err := events.ParseCondition(expr); err != nil {
		c.refuseText(OutOfRange, path, "must be node.<name|zone|arch|os|labels.K> (==|!=|in|not in) V", expr)
	}
}

func (c *checker) deploy() {
	d := c.doc.Deploy
	c.word(d.Strategy, "deploy", "strategy")
	c.word(d.OnFailure, "deploy", "onFailure")
	c.within(d.DeadlineMs, span{1, dayMs, formatMs}, "deploy", "deadline")
	c.within(d.RevertMs, span{1, dayMs, formatMs}, "deploy", "revert")
	c.rolling(d.Rolling)
	c.blueGreen(d.BlueGreen)
	c.steps(d)
	c.analysis(d)
	k := d.Keep
	c.within(int64(k.Warm), span{0, maxWarm, formatCount}, "deploy", "keep", "warm")
	c.within(k.WarmForMs, span{0, maxDuration, formatMs}, "deploy", "keep", "warmFor")
	c.within(int64(k.Window), span{0, maxWindow, formatCount}, "deploy", "keep", "window")
	c.within(int64(k.History), span{1, maxHistory, formatCount}, "deploy", "keep", "history")
}

func (c *checker) rolling(r events.RollingPolicy) {
	at := []string{"deploy", "rolling"}
	c.portion(r.Surge, below(at, "surge"))
	c.portion(r.Unavailable, below(at, "unavailable"))
	if r.Surge == (events.Portion{}) && r.Unavailable == (events.Portion{}) {
		c.refuse(Exclusive, below(at, "surge"), "surge 0 and unavailable 0 exclude one another: nothing could ever be replaced")
	}
	if r.Order != "" || c.written(below(at, "order")) {
		c.word(r.Order, "deploy", "rolling", "order")
	}
}

func (c *checker) portion(p events.Portion, path []string) {
	c.within(int64(p.Count), span{0, maxReplicas, formatCount}, path...)
	if p.ShareBp < 0 || p.ShareBp > 10_000 || p.Count != 0 && p.ShareBp != 0 {
		c.refuse(OutOfRange, path, "must be a count, or a share between 0.01% and 100%")
	}
}

func (c *checker) blueGreen(b events.BlueGreenPolicy) {
	at := []string{"deploy", "blueGreen"}
	switch b.Promote {
	case events.PromoteAuto, events.PromoteManual:
	case events.PromoteAfter:
		c.within(b.PromoteAfterMs, span{0, maxDuration, formatMs}, below(at, "promote")...)
	default:
		c.refuseText(NotOneOf, below(at, "promote"), "must be auto, manual or a duration such as 10m", b.Promote)
	}
	if b.PreviewHost != "" || c.written(below(at, "previewHost")) {
		c.previewHost(b.PreviewHost, below(at, "previewHost"))
	}
	if replicas := below(at, "previewReplicas"); !c.doc.PerNode && (b.PreviewReplicas != 0 || c.written(replicas)) {
		c.within(int64(b.PreviewReplicas), span{1, int64(max(c.doc.Replicas, 1)), formatCount}, replicas...)
	}
}

const maxSteps = 20

// steps: those of a canary, and of nothing else.
func (c *checker) steps(d events.DeployPolicy) {
	at := []string{"deploy", "steps"}
	switch {
	case d.Strategy == events.Canary && len(d.Steps) == 0:
		c.refuse(Missing, at, "needs a step, such as { weight: 5%, pause: 5m }")
	case d.Strategy != events.Canary && len(d.Steps) > 0 && !c.anyStrategy:
		c.refuse(Exclusive, at, "steps and strategy "+d.Strategy+" exclude one another: steps are a canary's")
	case len(d.Steps) > maxSteps:
		c.refuse(OutOfRange, at, fmt.Sprintf("at most %d steps", maxSteps))
	}
	last := 0
	for i, s := range d.Steps {
		here := below(at, fmt.Sprint(i))
		c.within(int64(s.WeightBp), span{1, 10_000, formatBp}, below(here, "weight")...)
		if s.WeightBp < last {
			c.refuse(OutOfRange, below(here, "weight"), "weights never fall: "+formatBp(int64(last))+" came before "+formatBp(int64(s.WeightBp)))
		}
		last = s.WeightBp
		c.within(int64(s.Replicas), span{0, maxReplicas, formatCount}, below(here, "replicas")...)
		c.within(s.PauseMs, span{0, maxDuration, formatMs}, below(here, "pause")...)
		if s.Approve && s.PauseMs > 0 {
			c.refuse(Exclusive, here, "pause and approve exclude one another")
		}
		c.stepRun(s.Run, below(here, "run"))
	}
	if d.ShrinkStable && d.Strategy != events.Canary && !c.anyStrategy {
		c.refuse(Exclusive, []string{"deploy", "shrinkStable"}, "shrinkStable and strategy "+d.Strategy+" exclude one another: only beside a canary does stable shrink")
	}
}

func (c *checker) stepRun(r *events.StepRun, at []string) {
	if r == nil {
		return
	}
	c.argv(r.Command, true, below(at, "command")...)
	c.argv(r.Undo, false, below(at, "undo")...)
	c.within(r.TimeoutMs, span{1, dayMs, formatMs}, below(at, "timeout")...)
}

// previewHost must be a host of its own: not one the app serves.
func (c *checker) previewHost(host string, path []string) {
	if !isHost(host) {
		c.refuseText(OutOfRange, path, hostRule, host)
	}
	for _, name := range sortedKeys(c.doc.Ports) {
		for _, own := range c.doc.Ports[name].Hosts {
			if own == host {
				c.refuse(Exclusive, path, fmt.Sprintf("previewHost and ports.%s.host exclude one another: both are %s", name, host))
			}
		}
	}
}
