package output

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Percent writes a share of 0 to 1: 24.6 %.
func Percent(share float64) string {
	return strconv.FormatFloat(round(share*100), 'f', -1, 64) + " %"
}

// round keeps one digit behind the point.
func round(x float64) float64 {
	if x < 0 {
		return 0
	}
	return float64(int64(x*10+0.5)) / 10
}

// Took writes a duration as people say it: 412ms, 3.4 s, 1:42, 2h05m.
func Took(d time.Duration) string {
	switch {
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < time.Minute:
		return strconv.FormatFloat(round(d.Seconds()), 'f', -1, 64) + " s"
	case d < time.Hour:
		return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// Age writes how long ago something was: 38s, 4m, 3h, 2d.
func Age(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < 2*time.Minute:
		return strconv.Itoa(int(d.Seconds())) + "s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(d.Minutes())) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + "h"
	}
	return strconv.Itoa(int(d.Hours()/24)) + "d"
}

// Clock is when something was, in tables: the time of today, else the date too.
func Clock(t, now time.Time, utc bool) string {
	if t.IsZero() {
		return ""
	}
	t, now = t.Local(), now.Local()
	if utc {
		t, now = t.UTC(), now.UTC()
	}
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format(time.TimeOnly)
	}
	return t.Format("2006-01-02 15:04:05")
}

// Count writes how many of something: 1 app, 2 apps.
func Count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// Bytes writes a size in the largest unit that is at least 1: 512Mi.
func Bytes(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 30, "Gi"}, {1 << 20, "Mi"}, {1 << 10, "Ki"}} {
		if n >= u.size {
			return strconv.FormatFloat(round(float64(n)/float64(u.size)), 'f', -1, 64) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// Join writes a list with commas, "-" for an empty one.
func Join(l []string) string {
	if len(l) == 0 {
		return "-"
	}
	return strings.Join(l, ",")
}
