// Package events is the language of Slipway: every word a participant may say, how
// it is spelled on the bus, and how it is written and read as bytes.
//
// Promise: one package spells subjects, types and streams; equal events give equal
// bytes; what was ever written can be read. Nothing here touches the world: the
// package imports the standard library and, in its tests, the CloudEvents SDK.
//
// May assume: catalog.go is the one table of what may be said and by whom.
//
// May not assume: that an event of an unknown type is an error. It is kept as
// Unknown, byte for byte, and its ordinal counts.
package events
