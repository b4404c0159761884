// Package hands connects what the node's decider wants with a [driver.Driver] that runs instances.
//
// Promise: it does the acts the decider lists and tells what it senses; it chooses nothing and says nothing. Each act may be
// cut short and done again. What an act cannot bring about at once (a stop, above all) is tried until it is, or until it is
// not wanted any more.
//
// Hears: acts of package node; the driver's ends and listings.
//
// Says: nothing. Beside facts it publishes the node's lease, the output of instances, and what they use: every five seconds
// as samples, from their first checks until they are told to stop.
//
// Remembers: below its folder the check of each instance, so that an agent that starts anew can ask an instance how it is
// before the node's first word is back.
//
// Due: lists the world twice a second, so that two listings in a row agree within one.
//
// Fails: where it is not known what an instance uses, its series end; nothing is told as zero. While nobody takes samples
// they wait in a ring. A driver that does not answer is asked again each second; nothing is sensed meanwhile, so nothing is taken for gone.
package hands
