package bus

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

func TestLogsOfWorkloads(t *testing.T) {
	b := openTest(t)
	const batches = 300
	for i := range batches {
		err := b.PublishLog("web", "n1", LogBatch{Lines: []LogLine{{Instance: "web-1-a1", Stream: "stdout", Time: time.Now(), Line: fmt.Sprint(i)}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	got, dropped := 0, 0
	err := b.Logs(limit(t), "slipway.log.web.>", time.Time{}, true, func(l LogBatch) error {
		if got += len(l.Lines); l.Subject != "slipway.log.web.n1" {
			return fmt.Errorf("came on %s", l.Subject)
		}
		if dropped += l.Dropped; got+dropped == batches {
			return io.EOF
		}
		return nil
	})
	if !errors.Is(err, io.EOF) || dropped != 0 {
		t.Fatalf("read %d lines, %d dropped: %v", got, dropped, err)
	}
	again := 0
	err = b.Logs(limit(t), "slipway.log.web.>", time.Now().Add(-time.Hour), false, func(LogBatch) error { again++; return nil })
	if err != nil || again != batches {
		t.Fatalf("without following: %d batches, %v", again, err)
	}
	if err := b.Logs(limit(t), "slipway.log.other.>", time.Time{}, false, func(LogBatch) error { return io.EOF }); err != nil {
		t.Fatalf("of an app that wrote nothing: %v", err)
	}
}

func TestLogRingCountsWhatItDrops(t *testing.T) {
	s := logShipper{dropped: map[string]int{}}
	line := strings.Repeat("x", 1<<20)
	for range 20 {
		s.put(waitingLog{subject: "a", batch: LogBatch{Lines: []LogLine{{Line: line}}}, bytes: len(line)})
	}
	if s.bytes > logRing || len(s.waiting) != 16 || s.dropped["a"] != 4 {
		t.Fatalf("%d batches of %d bytes wait, %d lines dropped", len(s.waiting), s.bytes, s.dropped["a"])
	}
	s.lost(&nats.Msg{Subject: "a", Data: []byte(`{"lines":[{},{}],"dropped":3}`)})
	if s.dropped["a"] != 9 {
		t.Fatalf("%d lines dropped, want 9", s.dropped["a"])
	}
}
