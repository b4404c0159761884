// Package authority is an ACME authority for tests: Let's Encrypt's own test server,
// pebble, in this process, with names for every host. Nothing but tests imports it.
//
// Promise: it proves a host as an authority does, by asking for a challenge over HTTP
// at the address it was told, and each order anew.
package authority
