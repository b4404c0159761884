package balance

import "time"

// A new endpoint's weight grows from a tenth to the whole: its caches are cold.
const (
	RampFor   = 30 * time.Second
	rampFloor = 100
	rampWhole = 1000
)

// admits counts a request that a member is to have and reports whether it takes it: of
// those offered to a new one it takes its part, exactly.
func (s *seat) admits(now time.Time) bool {
	if s.since.IsZero() {
		return true
	}
	part := ramp(s.since, now)
	if part == rampWhole {
		s.since = time.Time{}
		return true
	}
	s.credit += part
	if s.credit < rampWhole {
		return false
	}
	s.credit -= rampWhole
	return true
}

// ramp is the part of its weight a member has, in thousandths, so long after it came.
func ramp(since, now time.Time) int64 {
	age := now.Sub(since)
	switch {
	case since.IsZero() || age >= RampFor:
		return rampWhole
	case age <= 0:
		return rampFloor
	}
	return rampFloor + (rampWhole-rampFloor)*int64(age)/int64(RampFor)
}
