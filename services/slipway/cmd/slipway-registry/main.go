// Command slipway-registry is `slipway run registry`.
package main

import "slipway.dev/services/slipway/cli"

func main() { cli.Participant("registry") }
