// Command slipway-metrics is `slipway run metrics`.
package main

import "slipway.dev/services/slipway/cli"

func main() { cli.Participant("metrics") }
