package events

// What a hash key or a sticky user is read from.
const (
	ByHeader = "header"
	ByCookie = "cookie"
	ByIP     = "ip"
	ByNone   = "none"
)

// Ways to send the Host header on.
const (
	HostHeaderClient   = "client"
	HostHeaderEndpoint = "endpoint"
)

// What a sticky canary does with requests that bring no key.
const (
	NoKeySplit  = "split"
	NoKeyStable = "stable"
)

// TrafficPolicy is how gateways treat an app's requests beyond the limits of each: a
// part of the document, restated in every route.
type TrafficPolicy struct {
	// BalanceKey is what balance hash hashes.
	BalanceKey *BalanceKey `json:"balanceKey,omitempty" steers:"true"`
	// Retry says what more is tried again than what never reached an instance.
	Retry *RetryPolicy `json:"retry,omitempty" steers:"true"`
	// Breaker says when an endpoint is left alone; absent: five in a row, or half of twenty.
	Breaker *BreakerPolicy `json:"breaker,omitempty" steers:"true"`
	// AccessLog says what of each request is recorded; absent: every request, no query.
	AccessLog *AccessLogPolicy `json:"accessLog,omitempty" steers:"true"`
	// ErrorPage is HTML shown in place of the gateway's own, at most 64 KiB; {{code}} and {{requestId}} are filled in.
	ErrorPage string `json:"errorPage,omitempty" steers:"true"`
	// HostHeader is client (default) or endpoint.
	HostHeader string `json:"hostHeader,omitempty" steers:"true"`
	// AllowEncodedSlash lets %2F in a path through.
	AllowEncodedSlash bool `json:"allowEncodedSlash,omitempty" steers:"true"`
}

// BalanceKey is where the key of a hash comes from.
type BalanceKey struct {
	// By is header, cookie or ip.
	By string `json:"by"`
	// Name of the header or cookie.
	Name string `json:"name,omitempty"`
}

// RetryPolicy widens what is tried again, within a budget.
type RetryPolicy struct {
	// Status codes tried again for idempotent methods: 502, 503, 504.
	Status []int `json:"status,omitempty"`
	// BudgetBp is the share of requests in flight that may be retries; zero is 2000.
	BudgetBp int `json:"budgetBp,omitempty"`
}

// BreakerPolicy says what counts as a failure and how many are borne.
type BreakerPolicy struct {
	// Count500 makes a plain 500 a failure too.
	Count500 bool `json:"count500,omitempty"`
	// Failures in a row that open it; zero is 5.
	Failures int `json:"failures,omitempty"`
	// OpenMs is the first time it stays open; zero is 5000.
	OpenMs int64 `json:"openMs,omitempty"`
}

// AccessLogPolicy thins what is recorded.
type AccessLogPolicy struct {
	// SampleBp is the share of successes recorded; errors always are.
	SampleBp int `json:"sampleBp"`
	// Query says that the query string is recorded with the path.
	Query bool `json:"query,omitempty"`
}

// Sticky keeps a user on one side of a split.
type Sticky struct {
	// By is cookie, header or none.
	By string `json:"by"`
	// Name of the cookie or header.
	Name string `json:"name,omitempty"`
	// NoKey is split (default) or stable: where requests without a key go.
	NoKey string `json:"noKey,omitempty"`
}
