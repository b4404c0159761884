package appfile

// analysis are the checks of a release outside its steps.
type analysis struct {
	Background    []measured `json:"background" desc:"Checks of a canary from startingStep until it is promoted; it goes on only while each found it good."`
	PrePromotion  []measured `json:"prePromotion" desc:"Checks of a blue-green's new set that must pass before it gets any requests."`
	PostPromotion []measured `json:"postPromotion" desc:"Checks of a promoted canary or blue-green while it is baked; a failure gives the requests back to the release before, which is kept at full size."`
	StartingStep  Count      `json:"startingStep" default:"1" desc:"The first step under background, from 1."`
}

// measured is one check of what is measured of a release.
type measured struct {
	Metric      *string   `json:"metric" one:"error_ratio,latency_p50,latency_p95,latency_p99,request_rate,cpu,memory" desc:"What is judged: answers that failed of all, how long they took, requests a second, used of the limit."`
	Query       *string   `json:"query" desc:"PromQL in place of a metric; it needs a store of samples, which this version has not."`
	Max         *Bound    `json:"max" desc:"The highest good value: 1% of error_ratio, cpu and memory, 300ms of a latency, 5 of request_rate."`
	Min         *Bound    `json:"min" desc:"The lowest good value, written as max is."`
	FailOver    *Bound    `json:"failOver" desc:"The value beyond which it fails; between it and max, or min, a person is asked. Absent: it fails beyond max or min."`
	Baseline    *string   `json:"baseline" one:"stable" desc:"stable adds the stable release's own value over the same time to each bound. Absent: none."`
	Interval    Duration  `json:"interval" default:"30s" desc:"Time between two judgements, at least 5s."`
	Window      *Duration `json:"window" desc:"How much of what is measured a judgement looks at, 5s to 1h. Absent: the interval."`
	Count       *Count    `json:"count" desc:"Judgements after which it ends. Absent: in a step and before a promotion as many as failures, or one; elsewhere it goes on."`
	Failures    *Count    `json:"failures" desc:"Failures in a row that make it fail. Absent: 1, and with successes none does."`
	Successes   *Count    `json:"successes" desc:"Successes in a row that make it pass. Absent: count decides."`
	Errors      Count     `json:"errors" default:"3" desc:"Windows that cannot be read, in a row, that make it fail."`
	MinRequests Count     `json:"minRequests" default:"20" desc:"Requests that an error ratio or a latency needs to tell anything."`
	NoData      string    `json:"noData" default:"hold" one:"hold,fail,pass" desc:"What an interval makes of it in which nothing was told: hold is neither good nor bad, the release waits."`
}
