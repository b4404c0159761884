// Command slipway-gateway is `slipway run gateway`.
package main

import "slipway.dev/services/slipway/cli"

func main() { cli.Participant("gateway") }
