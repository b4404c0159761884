package proxy

import (
	"net/http"
	"slices"
	"time"
)

const (
	attemptsMax     = 2 // in all
	attemptsDialMax = 3 // in all, while nobody could be dialled
)

// retryPatience is how long a request waits for one of the app's retries where all are in
// flight. When an endpoint dies, everything it had in hand comes at once, and each retry
// takes a moment only: the wait is over long before, unless the others fail too.
const retryPatience = 500 * time.Millisecond

// mayRetry reports whether the failed request may go to another endpoint, if the app's
// budget lets it.
func (x *exchange) mayRetry(f failure) bool {
	limit := attemptsMax
	if f.dial {
		limit = attemptsDialMax
	}
	return !f.final && x.attempts < limit && (f.unsent || repeatable(x.r)) && x.body.replayable()
}

// takeRetry takes one of the app's retries, if need be after a wait, for a request that
// an endpoint may have seen. One that nobody can have seen doubles no load and is
// rerouted freely, else a dead endpoint would use the budget up. A canary's request goes
// on to stable and stays the canary's failure.
func (x *exchange) takeRetry(f failure, patience time.Duration) bool {
	if !f.unsent && !x.retrying {
		patience = min(patience, time.Until(x.start.Add(x.app.limits.Request)))
		if !x.flow.takeRetry(x.r.Context(), x.app.route.Retry.BudgetBp, patience) {
			return false
		}
		x.retrying = true
	}
	if x.atCanary {
		x.spilled, x.failed = true, true
	}
	return true
}

// refusedBy reports whether an answer is one that the app wants tried elsewhere, and
// that may be. It is there, so nothing is waited for to have a better one.
func (x *exchange) refusedBy(status int) bool {
	f := failure{}
	return slices.Contains(x.app.route.Retry.Status, status) && x.mayRetry(f) && x.takeRetry(f, 0)
}

// repeatable reports whether sending the request twice does what once does.
func repeatable(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return r.Header.Get("Idempotency-Key") != ""
}
