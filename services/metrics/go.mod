module slipway.dev/services/metrics

go 1.26.0

require (
	pgregory.net/rapid v1.3.0
	slipway.dev/events v0.0.0
	slipway.dev/pkg v0.0.0
)

replace (
	slipway.dev/events => ../../events
	slipway.dev/pkg => ../../pkg
)
