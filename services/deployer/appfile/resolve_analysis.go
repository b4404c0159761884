package appfile

import "slipway.dev/events"

func resolveAnalysis(a *analysis) *events.AnalysisPolicy {
	if a == nil {
		return nil
	}
	return &events.AnalysisPolicy{
		Background: resolveMeasured(a.Background, false), PrePromotion: resolveMeasured(a.PrePromotion, true),
		PostPromotion: resolveMeasured(a.PostPromotion, false), StartingStep: int(a.StartingStep),
	}
}

// resolveMeasured fills in what depends on other fields; a check that ends must end by
// itself.
func resolveMeasured(checks []measured, ends bool) (all []events.AnalysisCheck) {
	for _, m := range checks {
		c := events.AnalysisCheck{
			Metric: or(m.Metric), Query: or(m.Query), Max: resolveBound(m.Max), Min: resolveBound(m.Min),
			FailOver: resolveBound(m.FailOver), Baseline: or(m.Baseline),
			IntervalMs: int64(m.Interval), WindowMs: int64(m.Interval), Count: int(or(m.Count)),
			Failures: int(or(m.Failures)), Successes: int(or(m.Successes)),
			Errors: int(m.Errors), MinRequests: int(m.MinRequests), NoData: m.NoData,
		}
		if m.Window != nil {
			c.WindowMs = int64(*m.Window)
		}
		if m.Failures == nil && m.Successes == nil {
			c.Failures = 1
		}
		if ends && m.Count == nil && m.Successes == nil {
			c.Count = max(c.Failures, 1)
		}
		all = append(all, c)
	}
	return all
}

func resolveBound(b *Bound) *float64 {
	if b == nil {
		return nil
	}
	return &b.Value
}
