package service

import "context"

// Rule is a rule of the loop.
type Rule = rule

// The rules tests switch off.
const (
	RuleRest   = ruleRest
	RuleOnce   = ruleOnce
	RuleJoined = ruleJoined
	RuleGrace  = ruleGrace
	RuleBehind = ruleBehind
	RuleGuards = ruleGuards
	RulePassed = rulePassed
	RuleSorted = ruleSorted
	RuleUnread = ruleUnread
	RuleForget = ruleForget
	RuleVoice  = ruleVoice
	RuleTwin   = ruleTwin
)

// Without switches rules off.
func (c *Core) Without(r Rule) *Core {
	c.off = r
	return c
}

// KeysKept is of how many keys the loop keeps anything beside their state.
func (c *Core) KeysKept() int { return len(c.keys) }

// RunWithout is Run with rules switched off.
func RunWithout(ctx context.Context, svc Service, bus Bus, opt Options, off Rule) error {
	r := newRunner(svc, bus, opt)
	r.core.off = off
	return r.run(ctx)
}
