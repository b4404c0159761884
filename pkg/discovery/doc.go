// Package discovery tells a program where an app's endpoints are: the last list, then
// each change of it. It is for any Go program beside Slipway, and needs the nats client
// and slipway.dev/events alone.
//
// A list holds every release that runs, each with its share of the app's requests: one
// without a share, as one that is kept warm, is listed and not usable.
//
// Promise: a list is whole, and never older than the one before it. While the bus is
// away the last list stays. An app of which nothing was ever said is no empty list:
// List and Get tell the two apart.
//
// Hears: pool.changed of the registry and the route facts of the deployer, by consumers
// that begin with the last message of each subject (Client), or by direct reads (Get).
//
// Says: nothing. It pulls, so that a slow program costs nobody else anything.
//
// Remembers: the list of highest generation of each app, by the era of the log, and the
// route said last. Another
// era, after a restore from a backup, begins anew.
//
// Due: an interrupted reader opens again within two seconds, at a time drawn by chance,
// so that a thousand of them do not come at once.
//
// Fails: only with its context. That an address of the list answers is not promised:
// a program that cannot dial one tries another.
package discovery
