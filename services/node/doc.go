// Package node runs the instances that are placed on one node.
//
// Promise: it starts nothing but what was placed here and not withdrawn, each try once; it stops nothing that may still be
// routed to before every gateway that counts has let it go, or the deadline of the withdrawal has passed; what it says
// stopped is stopped for good; no port is given twice; an agent that starts anew adopts what runs and starts none of it
// again.
//
// Hears: placement.placed, placement.evacuated, assignment.cleared, assignment.withdrawn with its own name;
// endpoint.drained; of releases planned (what instances are made of), promoted (a missed startup is then no verdict on the
// release), demoted and cooled (what need not be kept); app.retired. It hears neither the app's steering fields nor routes.
//
// Says: node.joined, changed, left; instance.*; drift.found, repaired, accepted, repair-failed. An intent (fetching, starting,
// stopping) is said before the act; what is sensed becomes a fact by Decide. An instance that must be ended to be started
// again says unready with ending: startup, live or timeout; it is halted then, and exited tells code and last lines.
//
// Remembers: its instances until they end, the releases they are made of, extra instances until they are stopped. Ports
// are allotted from 20000 to 29999, going round, so that a port rests before it is used again.
//
// Due: stopBy of what drains, the end of a back-off, the end of a startup or of a hook's time.
//
// Fails: a start that fails is an exit, counted, backed off and given up as the app file says; one that found an allotted
// port in use is not counted and gets another port, ten times in a row. Cut off from the log the agent touches nothing.
package node
