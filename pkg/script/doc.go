// Package script tests a service by given/when/then scripts over txtar files.
//
// The first line of a script is a sentence a user would sign. Its sections given,
// when and then may repeat; a line is one of
//
//	at 14:03:00                     the clock goes there, stopping at each Due on the way
//	after 3.1s                      the clock goes on by so much
//	wish app.declared web {…}       somebody wishes
//	hear web node n1 instance.ready n1/web-7-a1 {…}   somebody else says a fact
//	lease node n1 {…}               a holder is heard; an endpoint is billing/b1
//	gap                             hearsay may have been missed
//	sense NAME {…}                  the driver senses; the test registers the name
//	done start/web-7-a1/1           an act ended by itself
//	restart                         the service starts again, from the log alone
//	say web release.planned web/7 {…} "reason"        in then: a fact, in order
//	act start/web-7-a1/1            in then: an act that runs now, or none
//	quiet                           in then: nothing was said
//
// A line that begins with a space goes on with the one before; # begins a remark.
// What a line tells in its subject need not be told again in its data. A then must
// match exactly what was said since the last then, or since a when that follows a
// given; a data object names the part that must be so; reason and data may be left
// out. Acts are compared where a then names any. go test -rewrite writes what was
// said into the then sections.
//
// Promise: beside what the script says, every decision is tried for what every
// service owes. Deciding twice says the same; at rest no key has anything to say and
// none asks to be asked in the past; each fold keeps every Check; the decision cut
// after each Say, with a restart, leaves every Check whole and the rest is said; the
// fold from the first event and the snapshot's round trip give the live state.
//
// May not assume: that a restart keeps hearsay. Wishes and the last leases are read
// again, the driver lists the world again; how long somebody was silent is lost.
package script
