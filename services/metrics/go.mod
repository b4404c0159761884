module slipway.dev/services/metrics

go 1.26.0

require (
	github.com/rs/zerolog v1.35.1
	pgregory.net/rapid v1.3.0
	slipway.dev/events v0.0.0
	slipway.dev/pkg v0.0.0
)

require (
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
)

replace (
	slipway.dev/events => ../../events
	slipway.dev/pkg => ../../pkg
)
