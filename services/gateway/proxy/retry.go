package proxy

import (
	"net/http"
	"slices"
)

const (
	attemptsMax     = 2 // in all
	attemptsDialMax = 3 // in all, while nobody could be dialled
)

// mayRetry reports whether the failed request may go to another endpoint. One
// that an endpoint may have seen then holds one of the app's retries; one that
// nobody can have seen doubles no load and is rerouted freely, else a dead
// endpoint would use the budget up. A canary's request goes on to stable and
// stays the canary's failure.
func (x *exchange) mayRetry(f failure) bool {
	limit := attemptsMax
	if f.dial {
		limit = attemptsDialMax
	}
	if f.final || x.attempts >= limit || !f.unsent && !repeatable(x.r) || !x.body.replayable() {
		return false
	}
	if !f.unsent && !x.retrying {
		if !x.flow.takeRetry(x.app.route.Retry.BudgetBp) {
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
// that may be.
func (x *exchange) refusedBy(status int) bool {
	return slices.Contains(x.app.route.Retry.Status, status) && x.mayRetry(failure{})
}

// repeatable reports whether sending the request twice does what once does.
func repeatable(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return r.Header.Get("Idempotency-Key") != ""
}
