// Package provisioner answers for what the bus holds: its streams, the consumers of
// integrators, and the event level that may be written. It has one key, the cluster.
//
// Promise: a consumer is said to be created only once it stands on the server, and
// removed only once a look made after its creation has found it gone. No two filters
// of one overlap. The level never falls, and is raised only when no holder has
// advertised a lower one for the hold.
//
// Hears: its own words, cluster.founded among them. The wish integration. Leases of
// nodes, gateways and services, where this binary reads more than the first level.
//
// Says: stream created, changed, refused; consumer created, removed, refused;
// level.raised.
//
// Remembers: the streams and consumers as last said, the level, the highest wish
// answered. What stands on the server, and who advertises which level, is sensed anew
// after a start.
//
// Due: the end of the hold of a level; an unanswered wish's age.
//
// Fails: without it the streams stay as they are and integrators read on. A wish it
// cannot grant is refused with the reason.
package provisioner
