package when

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"slipway.dev/events"
)

// ErrForm is a text that is no moment.
var ErrForm = errors.New("no moment: RFC 3339, 15:04, an age such as 10m, or a sequence such as #18190")

// When is a moment: a time, or a place in the log.
type When struct {
	Time     time.Time       // zero: it is a place in the log
	Position events.Position // era 0: the present one
}

// IsZero tells whether no moment is named.
func (w When) IsZero() bool { return w.Time.IsZero() && w.Position.IsZero() }

// Parse reads a moment; ages count back from now, and a time of day is the last one
// there has been in zone: of the day that now is, or of the one before. "" is no moment.
// The error is ErrForm.
func Parse(text string, now time.Time, zone *time.Location) (When, error) {
	if text == "" {
		return When{}, nil
	}
	if strings.HasPrefix(text, "#") {
		at, err := Sequence(text)
		return When{Position: at}, err
	}
	if age, ok := age(text); ok {
		return When{Time: now.Add(-age)}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return When{Time: t}, nil
	}
	if t, ok := ofDay(text, now.In(zone)); ok {
		return When{Time: t}, nil
	}
	return When{}, fmt.Errorf("%q is %w", text, ErrForm)
}

// Sequence reads #18190 and #2.18190; without an era it is 0, the present one.
func Sequence(text string) (events.Position, error) {
	digits, ok := strings.CutPrefix(text, "#")
	era, seq, two := strings.Cut(digits, ".")
	if !two {
		era, seq = "0", digits
	}
	e, err1 := strconv.ParseUint(era, 10, 32)
	n, err2 := strconv.ParseUint(seq, 10, 64)
	if !ok || err1 != nil || err2 != nil || n == 0 || two && e == 0 {
		return events.Position{}, fmt.Errorf("%q is %w", text, ErrForm)
	}
	return events.Position{Era: uint32(e), Seq: n}, nil
}

// age reads how long ago; a bare number has no unit and is none.
func age(text string) (time.Duration, bool) {
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0 && text != "0" && !strings.HasPrefix(text, "+")
}

// ofDay reads a time of day: at half past midnight 23:50 is of the evening before.
func ofDay(text string, now time.Time) (at time.Time, ok bool) {
	for _, form := range []string{"15:04:05", "15:04"} {
		t, err := time.Parse(form, text)
		if err != nil {
			continue
		}
		y, m, d := now.Date()
		if at = on(t, y, m, d, now.Location()); at.After(now) {
			at = on(t, y, m, d-1, now.Location())
		}
		return at, true
	}
	return at, false
}

// on is a time of day on a day.
func on(t time.Time, year int, month time.Month, day int, zone *time.Location) time.Time {
	return time.Date(year, month, day, t.Hour(), t.Minute(), t.Second(), 0, zone)
}
