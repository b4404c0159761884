module slipway.dev/examples

go 1.26

require slipway.dev/events v0.0.0

replace slipway.dev/events => ../events
