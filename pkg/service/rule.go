package service

// rule is a rule of the loop that a test can switch off, to show the harm it
// prevents. Nothing but a test does.
type rule uint

const (
	ruleRest   rule = 1 << iota // acts only while nothing is said of the key or in flight
	ruleOnce                    // one act runs per id
	ruleJoined                  // an agent says and does nothing before its own joined has come back
	ruleGrace                   // silence means nothing until a while after a start, a gap, a pause
	ruleBehind                  // nothing is decided far behind the log
	ruleGuards                  // snapshots carry the guards' last sequences and ordinals
	rulePassed                  // a conflict that is no twin's haste backs off and is told
	ruleSorted                  // keys are decided in order
	ruleUnread                  // what nobody hears is dropped before decoding
	ruleForget                  // keys that are gone are forgotten
	ruleVoice                   // nothing is decided before the last word has come back
	ruleTwin                    // who has heard a twin waits a little before deciding
)

func (c *Core) rules(r rule) bool { return c.off&r == 0 }
