package events

// What a check measures: load windows of one release.
const (
	MetricErrorRatio  = "error_ratio"  // answers 5xx of the endpoint or the gateway, of all, basis points
	MetricLatencyP50  = "latency_p50"  // milliseconds
	MetricLatencyP95  = "latency_p95"  // milliseconds
	MetricLatencyP99  = "latency_p99"  // milliseconds
	MetricRequestRate = "request_rate" // requests per second
	MetricCPU         = "cpu"          // used of the limit, basis points
	MetricMemory      = "memory"       // used of the limit, basis points
)

// What a check makes of a window that tells nothing.
const (
	NoDataHold = "hold" // it neither passes nor fails
	NoDataFail = "fail"
	NoDataPass = "pass"
)

// BaselineStable compares with the stable release over the same time.
const BaselineStable = "stable"

// AnalysisPolicy are the checks of a release outside its steps.
type AnalysisPolicy struct {
	// Background runs from StartingStep until the release is promoted.
	Background []AnalysisCheck `json:"background,omitempty"`
	// PrePromotion must pass before all requests go to the new release.
	PrePromotion []AnalysisCheck `json:"prePromotion,omitempty"`
	// PostPromotion runs while the promoted release is baked.
	PostPromotion []AnalysisCheck `json:"postPromotion,omitempty"`
	// StartingStep is the first step under Background, from 1.
	StartingStep int `json:"startingStep"`
}

// AnalysisCheck judges one number of a release once an interval. Max, Min and FailOver
// are in the metric's own unit: basis points, milliseconds, requests per second.
type AnalysisCheck struct {
	// Metric is one of the Metric constants; absent with Query.
	Metric string `json:"metric,omitempty"`
	// Query is PromQL; it needs a store of samples.
	Query string `json:"query,omitempty"`
	// Max is the highest good value; absent: no upper bound.
	Max *float64 `json:"max,omitempty"`
	// Min is the lowest good value; absent: no lower bound.
	Min *float64 `json:"min,omitempty"`
	// FailOver is the value beyond which it fails; what lies between Max and FailOver
	// is for a person to judge. Absent: it fails beyond Max or Min.
	FailOver *float64 `json:"failOver,omitempty"`
	// Baseline stable adds the stable release's own value to each bound.
	Baseline string `json:"baseline,omitempty"`
	// IntervalMs between two judgements.
	IntervalMs int64 `json:"intervalMs"`
	// WindowMs of what is measured that a judgement looks at.
	WindowMs int64 `json:"windowMs"`
	// Count of judgements after which it ends; zero: it goes on.
	Count int `json:"count,omitempty"`
	// Failures after which it has failed; zero: not written.
	Failures int `json:"failures,omitempty"`
	// Successes in a row after which it has passed; zero: not written.
	Successes int `json:"successes,omitempty"`
	// Errors of measuring in a row after which it has failed.
	Errors int `json:"errors"`
	// MinRequests that a window needs to tell anything.
	MinRequests int `json:"minRequests"`
	// NoData is hold, fail or pass.
	NoData string `json:"noData"`
}
