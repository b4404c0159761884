package view

import "slipway.dev/events"

// Key names what a fact is about and what outlives it: an app, a release, an
// instance, a gateway's routing of an app. Of all facts of one key the last tells how
// it is.
func Key(e events.Event) string {
	about := e.Subject
	switch e.Kind.Entity {
	case "route", "pool", "settlement": // whose generation passes
		about = e.App
	case "routing", "gateway":
		about = e.App + " " + e.Place
	case "assignment", "placement", "instance", "drift": // the node is known late
		about = lastPart(e.Subject)
	}
	return e.Kind.Entity + " " + about
}
