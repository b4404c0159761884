package when

import (
	"errors"
	"testing"
	"time"

	"slipway.dev/events"
)

func TestParse(t *testing.T) {
	zone := time.FixedZone("east", 3600)
	now := time.Date(2026, 11, 24, 0, 30, 0, 0, zone)
	at := func(day, hour, minute, second int) When {
		return When{Time: time.Date(2026, 11, day, hour, minute, second, 0, zone)}
	}
	place := func(era uint32, seq uint64) When { return When{Position: events.Position{Era: era, Seq: seq}} }
	for text, want := range map[string]When{
		"":                          {},
		"10m":                       at(24, 0, 20, 0),
		"1h30m":                     at(23, 23, 0, 0),
		"0s":                        {Time: now},
		"00:15":                     at(24, 0, 15, 0), // of the person's day, not of UTC's
		"00:30":                     {Time: now},
		"00:30:01":                  at(23, 0, 30, 1), // it has not been yet today
		"23:15":                     at(23, 23, 15, 0),
		"00:10:09":                  at(24, 0, 10, 9),
		"2026-11-23T22:00:00Z":      at(23, 23, 0, 0),
		"2026-11-23T22:00:00.5Z":    {Time: time.Date(2026, 11, 23, 22, 0, 0, 5e8, time.UTC)},
		"2026-11-23T22:00:00+01:00": at(23, 22, 0, 0),
		"#1":                        place(0, 1),
		"#18190":                    place(0, 18190),
		"#2.18190":                  place(2, 18190),
	} {
		got, err := Parse(text, now, zone)
		if err != nil || !got.Time.Equal(want.Time) || got.Position != want.Position || got.IsZero() != (text == "") {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestWhatIsNoMoment(t *testing.T) {
	for _, text := range []string{
		"yesterday", "0", "10", "18190", "-10m", "+10m", "24:00", "12:60", "2026-11-23", "2026-11-23T22:00:00",
		"#", "#0", "#-1", "#x", "#1.", "#.1", "#0.1", "#1.2.3", "#1:2", "#18446744073709551616", "#4294967296.1", " 10m",
	} {
		if got, err := Parse(text, time.Now(), time.UTC); !errors.Is(err, ErrForm) || !got.IsZero() {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}
