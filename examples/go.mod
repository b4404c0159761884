module slipway.dev/examples

go 1.26

replace slipway.dev/events => ../events
