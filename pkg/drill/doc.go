// Package drill is what a participant needs to fail on purpose: a node and a gateway
// hold a Book each.
//
// Promise: one drill at a time; none where drills are off, none that nobody knows, none
// whose wish is older than Fresh; each wish is answered, by begun or by refused with the
// reason. The intent is a fact before the act, an act is of the incarnation that said so
// and of no other, and every drill that has begun is said to have ended: when its hands
// have done it, when its time is over, or when its participant has started anew.
//
// Remembers: the drill that is on and the highest wish answered.
//
// Due: the end of the drill's time.
//
// May assume: hands end what they do at Until by themselves, whether anybody tells them
// or not: a participant that is cut off cannot be told.
package drill
