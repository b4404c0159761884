// Package e2e runs the real binary as real processes and watches from outside: by
// the log, by HTTP and by the command line.
//
//	plane := e2e.Start(t)                     // one process, as slipway dev
//	plane := e2e.Start(t, e2e.Apart())        // bus, control, node and gateway: four
//	release := plane.Deploy(app, 30*time.Second)
//	load := plane.Load(load.Config{Host: "web.localhost", Rate: 200})
//	plane.Process("control").Kill()
//	counts := load.Stop()
//
// Promise: everything lies in a folder of its own, listens on free ports, and is
// gone when the test is over, workloads too. A test that fails shows what every
// process said.
package e2e
