package appfile

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestUnitsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(0, maxDuration).Draw(t, "ms")
		if got, f := readDuration(wordNode(formatMs(ms))); f != nil || got != ms {
			t.Fatalf("%d ms is written %s, read %d, %v", ms, formatMs(ms), got, f)
		}
		kib := rapid.Int64Range(1, maxSize>>10).Draw(t, "kib") << 10
		if got, f := readSize(wordNode(formatBytes(kib))); f != nil || got != kib {
			t.Fatalf("%d bytes is written %s, read %d, %v", kib, formatBytes(kib), got, f)
		}
		milli := rapid.Int64Range(0, maxCPU).Draw(t, "milli")
		var cpu CPU
		if f := cpu.read(wordNode(formatMilli(milli))); f != nil || int64(cpu) != milli {
			t.Fatalf("%d is written %s, read %d, %v", milli, formatMilli(milli), cpu, f)
		}
		bp := rapid.IntRange(1, 10_000).Draw(t, "bp")
		if got, f := readShare(wordNode(fmt.Sprintf("%d.%02d%%", bp/100, bp%100))); f != nil || got != bp {
			t.Fatalf("%d bp read back as %d, %v", bp, got, f)
		}
	})
}

func TestUnits(t *testing.T) {
	for word, want := range map[string]int64{"250ms": 250, "1.5s": 1500, "2m": 120_000, "1h": 3_600_000, "1d": 86_400_000, "0s": 0, "0.001s": 1} {
		if got, f := readDuration(wordNode(word)); f != nil || got != want {
			t.Errorf("%s is %d, %v", word, got, f)
		}
	}
	for word, code := range map[string]Code{"30": NoUnit, "1.5": NoUnit, "": WrongType, "1 s": WrongType, "-1s": WrongType,
		"1y": WrongType, "0.5ms": OutOfRange, "99999999999d": OutOfRange} {
		if _, f := readDuration(wordNode(word)); f == nil || f.code != code {
			t.Errorf("duration %q: %+v, want %s", word, f, code)
		}
	}
	for word, code := range map[string]Code{"100": NoUnit, "1.5Gi": WrongType, "1MB": WrongType, "1M": WrongType, "999999999999Gi": OutOfRange} {
		if _, f := readSize(wordNode(word)); f == nil || f.code != code {
			t.Errorf("size %q: %+v, want %s", word, f, code)
		}
	}
	for word, code := range map[string]Code{"0%": OutOfRange, "100.01%": OutOfRange, "5": WrongType, "0.001%": WrongType} {
		if _, f := readShare(wordNode(word)); f == nil || f.code != code {
			t.Errorf("share %q: %+v, want %s", word, f, code)
		}
	}
	for word, want := range map[string]CPU{"500m": 500, "0.5": 500, "2": 2000, "1.234": 1234} {
		var cpu CPU
		if f := cpu.read(wordNode(word)); f != nil || cpu != want {
			t.Errorf("cpu %s is %d, %v", word, cpu, f)
		}
	}
}

func TestPathsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		step := rapid.OneOf(rapid.StringMatching(`[a-z][a-zA-Z-]{0,5}`), rapid.StringMatching(`[0-9]{1,3}`), rapid.String())
		path := rapid.SliceOfN(step, 0, 5).Draw(t, "path")
		if got := split(join(path)); !slices.Equal(got, path) {
			t.Fatalf("%q is written %s, read %q", path, join(path), got)
		}
	})
}
