package deployer

import (
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// sense hears wishes, how full the log is and how releases fare.
func sense(a *App, sig service.Signal, now time.Time) {
	a.senseRoom(sig)
	a.senseLoad(sig, now)
	if sig.Wish != nil {
		a.Inbox.Hear(*sig.Wish)
	}
}

// answer answers the oldest open wish: the fact that accepts it, or a refusal.
func (v view) answer() (say service.Says) {
	w, state, ok := v.Inbox.Oldest(v.now)
	if !ok {
		return say
	}
	switch state {
	case "expired":
		return v.refuse(w, "expired: nobody answered within "+events.WishAge.String())
	case "busy":
		return v.refuse(w, "busy: more than "+itoa(events.MaxOpenWishes)+" open wishes")
	}
	switch d := w.Data.(type) {
	case events.WishAppDeclared:
		return v.declare(w, d)
	case events.WishAppRetired:
		return v.end(w, d)
	case events.WishPromotionRequested:
		return v.approve(w, d)
	case events.WishRollbackRequested:
		return v.rollback(w, d)
	case events.WishHaltRequested:
		return v.halt(w, d)
	case events.WishHaltLifted:
		return v.lift(w, d)
	case events.WishAbortRequested:
		return v.abortWish(w, d)
	case events.WishRetryRequested:
		return v.retry(w, d)
	case events.WishHoldRequested:
		return v.hold(w, d)
	case events.WishHoldLifted:
		return v.unhold(w)
	}
	return v.refuse(w, "unknown: this version has no answer to "+w.Kind.Name())
}

// refuse says no to a wish, by its kind.
func (v view) refuse(w events.Event, why string) (say service.Says) {
	of := v.ref(&Release{Number: v.current()})
	to := say.Because(service.CauseOf(w), "%s", why)
	switch w.Kind.Entity {
	case "promotion":
		to.Fact(events.PromotionRefused{OfRelease: of})
	case "rollback":
		to.Fact(events.RollbackRefused{OfRelease: of, Cause: "busy"})
	case "halt":
		if w.Kind.Happened == "lifted" {
			to.Fact(events.ResumeRefused{OfRelease: of})
		} else {
			to.Fact(events.HaltRefused{OfRelease: of})
		}
	case "abort":
		to.Fact(events.AbortRefused{OfRelease: of})
	case "retry":
		to.Fact(events.RetryRefused{OfRelease: of})
	case "hold":
		to.Fact(events.RouteRefused{OfRoute: events.OfRoute{App: v.Name, Generation: v.Route.Generation}})
	default:
		code, text, _ := strings.Cut(why, ": ")
		return v.refuseWith(w, []events.Refusal{{Code: code, Text: text}})
	}
	return say
}

func (v view) refuseWith(w events.Event, reasons []events.Refusal) (say service.Says) {
	say.Because(service.CauseOf(w), "%s", refusalWords(reasons)).
		Fact(events.ReleaseRefused{OfRelease: v.ref(&Release{Number: v.Last + 1}), Reasons: reasons})
	return say
}

func refusalWords(reasons []events.Refusal) string {
	var s []string
	for _, r := range reasons {
		s = append(s, r.Code+": "+r.Text)
	}
	return strings.Join(s, "; ")
}

// current is the release a wish is about: the one on its way, else what serves.
func (v view) current() int {
	if v.Live != 0 {
		return v.Live
	}
	return v.Stable
}

func (v view) declare(w events.Event, d events.WishAppDeclared) (say service.Says) {
	if d.Document.Name != v.Name {
		return v.refuseWith(w, []events.Refusal{{Code: "invalid-spec", Field: "name", Text: "the document names " + d.Document.Name + ", the wish " + v.Name}})
	}
	if v.cfg.Check != nil {
		if reasons := v.cfg.Check(d.Document); len(reasons) > 0 {
			return v.refuseWith(w, reasons)
		}
	}
	if d.Plan != "" && d.Plan != v.PlanID(d.Document) {
		return v.refuseWith(w, []events.Refusal{{Code: "plan-stale", Text: "the app moved since plan " + d.Plan + ", it would be " + v.PlanID(d.Document) + " now"}})
	}
	if say = v.crowded(w); !say.Empty() {
		return say
	}
	say.Because(service.CauseOf(w), "by %s", w.Actor).Fact(events.AppDeclared{
		OfApp: events.OfApp{App: v.Name}, Declaration: v.Declared + 1, Document: d.Document,
		Hash: d.Document.Hash(), Plan: d.Plan, Force: d.Force,
	})
	return say
}

// PlanID names what a declaration would rest on: what makes an instance, what
// steers, and where the app's last facts stand. Where instances go is not part of it.
func (a *App) PlanID(d events.Document) string {
	return digest12(d.Revision(), d.Hash(), a.Said["app"].String(), a.Said["release"].String())
}

func (v view) end(w events.Event, d events.WishAppRetired) (say service.Says) {
	if v.Accepted == nil && v.Pending == nil || v.Retired {
		return v.refuse(w, "unknown: there is no app "+v.Name+" to retire")
	}
	say.Because(service.CauseOf(w), "%s", orWords(d.Message, "by "+w.Actor)).Fact(events.AppRetired{OfApp: events.OfApp{App: v.Name}})
	return say
}

func (v view) approve(w events.Event, d events.WishPromotionRequested) (say service.Says) {
	r := v.Releases[v.Live]
	skips := r != nil && d.Full && r.Strategy == events.Canary && r.Phase == progress
	var past []string
	if r != nil && (r.Phase == progress || r.Phase == paused) {
		past = v.inTheWay(r, d.Full)
	}
	if r == nil || r.Phase != paused && !skips && len(past) == 0 {
		return v.refuse(w, "nothing to promote: "+v.situation())
	}
	if why := v.unready(r); why != "" {
		return v.refuse(w, "not ready: "+why)
	}
	c, why := service.CauseOf(w), orWords(d.Message, "promoted by "+w.Actor)
	if r.Phase == paused || skips {
		say.Because(c, "%s", why).Fact(events.ReleaseResumed{OfRelease: v.ref(r), By: w.Actor, Full: d.Full && r.Strategy == events.Canary})
	}
	if len(say.Facts) > 0 {
		c.Wish = "" // answered
	}
	for _, run := range past {
		say.Because(c, "%s", why).Fact(events.AnalysisCancelled{OfAnalysis: v.runOf(r, run), Cause: causePromoted})
		c.Wish = ""
	}
	return say
}

func (v view) halt(w events.Event, d events.WishHaltRequested) (say service.Says) {
	r := v.Releases[v.Live]
	if r == nil || r.Phase != planned && r.Phase != preparing && r.Phase != progress {
		return v.refuse(w, "nothing to pause: "+v.situation())
	}
	say.Because(service.CauseOf(w), "%s", orWords(d.Message, "paused by "+w.Actor)).
		Fact(events.ReleasePaused{OfRelease: v.ref(r), Cause: causeManual, By: w.Actor, Message: d.Message})
	return say
}

func (v view) lift(w events.Event, d events.WishHaltLifted) (say service.Says) {
	r := v.Releases[v.Live]
	switch {
	case r == nil || r.Phase != paused:
		return v.refuse(w, "nothing to resume: "+v.situation())
	case r.Pause == causeApproval:
		return v.refuse(w, "release "+itoa(r.Number)+" waits for approval: slipway promote "+v.Name)
	}
	say.Because(service.CauseOf(w), "%s", orWords(d.Message, "resumed by "+w.Actor)).Fact(events.ReleaseResumed{OfRelease: v.ref(r), By: w.Actor})
	return say
}

func (v view) abortWish(w events.Event, d events.WishAbortRequested) (say service.Says) {
	r := v.Releases[v.Live]
	if r == nil || r.Phase == returning || r.Reached && !v.bakes(r) {
		return v.refuse(w, "nothing to abort: "+v.situation())
	}
	say.Because(service.CauseOf(w), "%s", orWords(d.Message, "aborted by "+w.Actor)).Fact(v.abort(r, causeOperator, w.Actor, d.Message))
	return say
}

func (v view) retry(w events.Event, _ events.WishRetryRequested) (say service.Says) {
	r := v.Releases[v.Last]
	if r == nil || v.Live != 0 || r.Aborted == "" || r.Aborted == causeSuperseded || v.Accepted == nil || v.Retired {
		return v.refuse(w, "nothing to retry: "+v.situation())
	}
	return v.release(service.CauseOf(w), r.Revision, r.Spec, v.Accepted, howRetry, v.policy().Strategy, "release "+itoa(r.Number)+" again")
}

func (v view) hold(w events.Event, d events.WishHoldRequested) (say service.Says) {
	switch {
	case v.Route.Generation == 0 || v.Route.Removed:
		return v.refuse(w, "no route: "+v.Name+" has no way in to hold")
	case d.Kind != "pause" && d.Kind != "stop":
		return v.refuse(w, "kind "+d.Kind+": want pause or stop")
	}
	say.Because(service.CauseOf(w), "%s", orWords(d.Message, "held by "+w.Actor)).Fact(events.RoutePaused{
		OfRoute: v.nextRoute(), Kind: d.Kind, MaxWaitMs: orInt(d.MaxWaitMs, holdWaitMs), MaxHeld: int(orInt(int64(d.MaxHeld), holdMax)), Message: d.Message,
	})
	return say
}

// A held request waits this long, and this many may, unless the wish says otherwise.
const (
	holdWaitMs = 30_000
	holdMax    = 1000
)

func (v view) unhold(w events.Event) (say service.Says) {
	if !v.Route.Held {
		return v.refuse(w, "not held: requests of "+v.Name+" flow")
	}
	say.Because(service.CauseOf(w), "released by %s", w.Actor).Fact(events.RouteResumed{OfRoute: v.nextRoute()})
	return say
}

// situation tells in a few words how an app's releases stand.
func (v view) situation() string {
	if r := v.Releases[v.Live]; r != nil {
		return "release " + itoa(r.Number) + " is " + r.Phase
	}
	if v.Stable == 0 {
		return v.Name + " has no release"
	}
	return "release " + itoa(v.Stable) + " serves and nothing is on its way"
}
