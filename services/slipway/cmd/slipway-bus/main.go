// Command slipway-bus is `slipway run bus`.
package main

import "slipway.dev/services/slipway/cli"

func main() { cli.Participant("bus") }
