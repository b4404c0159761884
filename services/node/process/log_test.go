package process

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway.dev/services/node/driver"
)

func TestALogIsRotatedWhileItsWriterHoldsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stdout.log")
	w, _, err := openLog(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	const size = 1 << 10
	for round := range 3 {
		for i := 0; logSize(path) < size; i++ {
			fmt.Fprintf(w, "round %d line %d\n", round, i)
		}
		if err := rotate(path, size); err != nil {
			t.Fatal(err)
		}
		old, err := os.ReadFile(older(path))
		if err != nil || len(old) < size || !strings.HasPrefix(string(old), fmt.Sprintf("round %d line 0\n", round)) {
			t.Fatalf("older generation after round %d: %d bytes, %v", round, len(old), err)
		}
		if n := logSize(path); n != 0 {
			t.Fatalf("%d bytes stayed", n)
		}
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 2 {
		t.Fatalf("%d files are kept, want 2", len(files))
	}
}

func TestARunningInstancesLogIsRotated(t *testing.T) {
	d := fresh(t)
	start(t, d, spec("web-7-a1", "lines=110000", "say=the last", "wait")) // about 11 MB
	path := d.folder("web-7-a1").log("stdout")
	eventually(t, "the log was rotated", func() bool { return logSize(older(path)) >= logBytes })
	eventually(t, "the tail reaches across the rotation", func() bool {
		tail := d.Tail("web-7-a1", driver.TailLines)
		return contains(tail, "the last") && len(tail) == driver.TailLines
	})
}

func TestTheTailHasTwentyLinesAndFourKiB(t *testing.T) {
	for name, c := range map[string]struct {
		words []string
		want  func(tail []string) bool
	}{
		"the last lines": {[]string{"lines=100", "say=end"}, func(tail []string) bool {
			return len(tail) == 20 && tail[19] == "end"
		}},
		"room for both outputs": {[]string{"lines=100", "warn=fatal: no disk"}, func(tail []string) bool {
			return len(tail) == 20 && tail[19] == "fatal: no disk" && strings.HasPrefix(tail[18], "line 99")
		}},
		"one endless line": {[]string{"say=" + strings.Repeat("a", 9000) + "z"}, func(tail []string) bool {
			return len(tail) == 1 && strings.HasSuffix(tail[0], "az") && len(tail[0]) > 4000
		}},
		"nothing": {nil, func(tail []string) bool { return len(tail) == 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			d := fresh(t)
			ends := watch(t, d)
			start(t, d, spec("web-7-a1", append(c.words, "exit=1")...))
			e := next(t, ends, 5*time.Second)
			if !c.want(e.Tail) || size(e.Tail) > driver.TailBytes {
				t.Fatalf("%d lines, %d bytes: %q", len(e.Tail), size(e.Tail), e.Tail)
			}
		})
	}
}

// follow collects lines until the instance has ended or enough came.
func follow(t *testing.T, d *Driver, id string, enough int) (texts []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := d.Follow(ctx, id, func(lines []driver.Line) {
		for _, l := range lines {
			texts = append(texts, l.Stream+": "+l.Text)
		}
		if enough > 0 && len(texts) >= enough {
			cancel()
		}
	})
	if enough == 0 && err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestFollowGoesOnWhereTheLastAgentLeftOff(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(t.TempDir(), "pid")
	d := newDriver(t, dir)
	t.Cleanup(func() { stopAll(t, d) })
	start(t, d, spec("web-7-a1", "say=one", "warn=two", "polite=0", "write="+file, "wait"))
	written(t, file)
	first := follow(t, d, "web-7-a1", 2)
	if _, err := d.Stop(t.Context(), "web-7-a1", driver.Stop{Grace: 10 * time.Second}); err != nil {
		t.Fatal(err)
	}
	second := follow(t, newDriver(t, dir), "web-7-a1", 0)
	if got := strings.Join(first, "|") + " then " + strings.Join(second, "|"); got != "stdout: one|stderr: two then stdout: goodbye" {
		t.Fatal(got)
	}
}

func TestFollowLosesNoLineAtARotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stdout.log")
	w, _, err := openLog(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r := &reader{path: path}
	var got []string
	var open string
	drain := func(last bool) {
		for more := true; more; {
			var pieces []piece
			if pieces, more, err = r.next(7, last); err != nil {
				t.Fatal(err)
			}
			for _, p := range pieces {
				if open += p.text; !p.cut {
					got, open = append(got, open), ""
				}
			}
		}
	}
	var want []string
	for i := range 50 {
		line := fmt.Sprintf("line %d", i)
		want = append(want, line)
		fmt.Fprint(w, line[:3])
		if i%5 == 0 {
			if err := rotate(path, 1); err != nil { // in the middle of a line
				t.Fatal(err)
			}
		}
		fmt.Fprintln(w, line[3:])
		if i%3 == 0 {
			drain(false)
		}
	}
	drain(true)
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Fatalf("got %q", got)
	}
}

func TestALongLineIsSplitAndMarked(t *testing.T) {
	long := strings.Repeat("a", driver.LineBytes-1) + "é" + strings.Repeat("b", driver.LineBytes)
	pieces, used := split([]byte(long+"\nshort\r\nopen"), 100, false)
	if used != len(long)+8 || len(pieces) != 4 {
		t.Fatalf("%d bytes, %d pieces", used, len(pieces))
	}
	if !pieces[0].cut || len(pieces[0].text) != driver.LineBytes-1 || !pieces[1].cut || pieces[2].cut || pieces[3].text != "short" {
		t.Fatalf("cut %v %v %v, %q", pieces[0].cut, pieces[1].cut, pieces[2].cut, pieces[3].text)
	}
	if got := pieces[0].text + pieces[1].text + pieces[2].text; got != long {
		t.Fatal("the pieces are not the line")
	}
	if pieces, used := split([]byte("open"), 100, true); used != 4 || len(pieces) != 1 {
		t.Fatalf("the last line is not handed over: %v", pieces)
	}
}
