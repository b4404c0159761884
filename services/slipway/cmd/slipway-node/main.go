// Command slipway-node is `slipway run node`.
package main

import "slipway.dev/services/slipway/cli"

func main() { cli.Participant("node") }
