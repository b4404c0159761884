package appfile

import "slipway.dev/events"

func resolveTraffic(f file) events.TrafficPolicy {
	t := events.TrafficPolicy{
		BalanceKey: f.Balance.Key, ErrorPage: or(f.ErrorPage), AllowEncodedSlash: f.AllowEncodedSlash,
	}
	if f.HostHeader != events.HostHeaderClient {
		t.HostHeader = f.HostHeader
	}
	if r := f.Retry; r != nil {
		t.Retry = &events.RetryPolicy{BudgetBp: int(r.Budget)}
		for _, s := range r.Status {
			t.Retry.Status = append(t.Retry.Status, int(s))
		}
	}
	if b := f.Breaker; b != nil {
		t.Breaker = &events.BreakerPolicy{Count500: b.Count500, Failures: int(b.Failures), OpenMs: int64(b.Open)}
	}
	if a := f.AccessLog; a != nil {
		t.AccessLog = &events.AccessLogPolicy{SampleBp: int(a.Sample), Query: a.Query}
	}
	return t
}

func resolveSteps(steps []step) (all []events.DeployStep) {
	for _, s := range steps {
		all = append(all, events.DeployStep{
			WeightBp: int(s.Weight), Replicas: int(s.Replicas), PauseMs: int64(or(s.Pause)), Approve: s.Approve, Run: resolveRun(s.Run), Analysis: resolveMeasured(s.Analysis, true),
		})
	}
	return all
}

func resolveRun(r *stepRun) *events.StepRun {
	if r == nil {
		return nil
	}
	return &events.StepRun{Command: r.Command, Undo: r.Undo, TimeoutMs: int64(r.Timeout)}
}

func resolveSticky(s *sticky) *events.Sticky {
	if s == nil || s.By == events.ByNone {
		return nil
	}
	out := &events.Sticky{By: s.By, Name: or(s.Name)}
	if s.NoKey != events.NoKeySplit {
		out.NoKey = s.NoKey
	}
	return out
}
