// Command slipway-deployer is `slipway run deployer`.
package main

import "slipway.dev/services/slipway/cli"

func main() { cli.Participant("deployer") }
