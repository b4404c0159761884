// Package registry decides which endpoints an app has, who is alive, and when a
// switch has settled. It has two deciders: one per app, one per holder of a lease.
//
// Promise: an endpoint is available only while the node's last word was ready in
// the boot that is live, and is said to be drained only after every gateway that
// could have it in its table let it go, or was silent for its lease and the fence.
// Pool generations count by one. A settlement names what every live gateway has
// applied; without a live gateway nothing is settled or drained. Silence alone
// takes at most half of an app's endpoints out, never the last, and lapses nobody
// while more than half of all holders are silent at once. An endpoint that gateways
// probe is available while one live gateway reaches it. Every offer of an endpoint
// from outside is answered once: it is listed after its own lease was heard, or refused
// naming the field.
//
// Hears: node joined and left, instance started, ready, unready, exited,
// failed, completed, stopped (node); app declared and retired, assignment.withdrawn
// and the route's generations (deployer); placement evacuated, cancelled (placer); gateway joined
// and left, routing.applied, traffic cut and drained, and the breakers of endpoints that
// gateways probe (gateway). Leases of nodes, gateways and endpoints from outside. The wishes eviction and endpoint.
//
// Says: endpoint, pool.changed, settlement.reached and the pool's brake of each app;
// lease and the fleet's brake.
//
// Remembers: of each app its endpoints, its live list, what each gateway applied;
// of the fleet who joined in which boot and whose lease stands. When somebody was
// last heard is hearsay: after a start or a gap silence means nothing for one TTL.
//
// Due: lease + TTL of each holder; the end of the fence of a gateway that lapsed
// while an endpoint drains; a TTL after a node's agent began anew; the lease + TTL +
// half a second of an endpoint from outside; the brake's hold.
//
// Fails: without it, or without the log, gateways serve the last list on. An app
// with more than events.MaxEndpoints endpoints has the others refused.
package registry
