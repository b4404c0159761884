package bus

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

func wish(id string) events.Event {
	return events.NewWish("person:alice", events.WishRollbackRequested{OfApp: events.OfApp{App: testApp}}, time.Now(), id)
}

func TestWishIsKeptOnce(t *testing.T) {
	b := openTest(t)
	first, err := b.Wish(limit(t), wish("w1"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.Wish(limit(t), wish("w1"))
	if err != nil || again != first {
		t.Fatalf("the same wish: %s, first %s (%v)", again, first, err)
	}
	second, err := b.Wish(limit(t), wish("w2"))
	if err != nil || !second.After(first) {
		t.Fatalf("another wish: %s (%v)", second, err)
	}
	if _, err := b.Wish(limit(t), fact(1, "")); err == nil {
		t.Error("a fact was taken for a wish")
	}
	if _, err := b.Wish(limit(t), wish("")); err == nil {
		t.Error("a wish without an id was taken")
	}
	var read []string
	ctx, cancel := context.WithCancel(limit(t))
	err = b.Wishes(ctx, first, nil, service.Reader{
		Deliver: func(m service.Message) error {
			e, err := events.Parse(m.Subject, m.Header, m.Body)
			read = append(read, e.ID)
			return err
		},
		CaughtUp: cancel,
	})
	if !errors.Is(err, context.Canceled) || len(read) != 1 || read[0] != "w2" {
		t.Errorf("after %s read %v (%v)", first, read, err)
	}
}

func TestLeases(t *testing.T) {
	b := openTest(t)
	if !b.LeaseAcked().IsZero() {
		t.Error("a lease was kept before one was said")
	}
	n1, n2 := events.LeaseSubject("node", "n1"), events.LeaseSubject("node", "n2")
	began := time.Now()
	for i := range uint64(3) {
		if err := b.Lease(n1, events.LeaseBody{Incarnation: 1, N: i}); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "an answer", func() bool { return !b.LeaseAcked().Before(began) })
	heard := make(chan string, 10)
	ready := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go b.Leases(ctx, "", service.Reader{
		Deliver:  func(m service.Message) error { heard <- m.Subject; return nil },
		CaughtUp: func() { close(ready) },
	})
	if got := <-heard; got != n1 {
		t.Fatalf("heard %s", got)
	}
	<-ready
	if err := b.Lease(n2, events.LeaseBody{Incarnation: 1}); err != nil {
		t.Fatal(err)
	}
	if got := <-heard; got != n2 {
		t.Fatalf("heard %s after it had caught up", got)
	}
}

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

func TestObjects(t *testing.T) {
	b := openTest(t)
	bytesOf := make([]byte, 5<<20+17)
	rand.NewChaCha8([32]byte{1}).Read(bytesOf)
	digest := sha256.Sum256(bytesOf)
	name := digestPrefix + hex.EncodeToString(digest[:])
	if err := b.PutObject(limit(t), name, bytes.NewReader(bytesOf), int64(len(bytesOf))); err != nil {
		t.Fatal(err)
	}
	read, err := b.GetObject(limit(t), name)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	got, err := io.ReadAll(read)
	if err != nil || !bytes.Equal(got, bytesOf) {
		t.Fatalf("read %d bytes of %d: %v", len(got), len(bytesOf), err)
	}
	if err := b.PutObject(limit(t), name, iotestFail{}, int64(len(bytesOf))); err != nil {
		t.Errorf("what is there was sent again: %v", err)
	}
	wrong := digestPrefix + strings.Repeat("0", 64)
	if err := b.PutObject(limit(t), wrong, strings.NewReader("other"), 5); err == nil {
		t.Error("bytes unlike their name were kept")
	}
	if _, err := b.GetObject(limit(t), wrong); !errors.Is(err, ErrNoObject) {
		t.Errorf("an object that is not there: %v", err)
	}
	if err := b.DeleteObject(limit(t), name); err != nil {
		t.Fatal(err)
	}
	if _, err := b.GetObject(limit(t), name); !errors.Is(err, ErrNoObject) {
		t.Errorf("a deleted object: %v", err)
	}
}

type iotestFail struct{}

func (iotestFail) Read([]byte) (int, error) { return 0, errors.New("must not be read") }

// bus-8, the store's part of it: a torn or missing snapshot gives the one before, or
// none.
func TestSnapshots(t *testing.T) {
	b := openTest(t)
	if _, _, err := b.LoadSnapshot(limit(t), "deployer"); !errors.Is(err, ErrNoSnapshot) {
		t.Fatalf("before any: %v", err)
	}
	save := func(mark string) {
		t.Helper()
		parts := map[string][]byte{"00": []byte("zero " + mark), "ff": []byte("last " + mark)}
		if err := b.SaveSnapshot(limit(t), "deployer", parts, []byte(mark)); err != nil {
			t.Fatal(err)
		}
	}
	check := func(mark string) {
		t.Helper()
		parts, head, err := b.LoadSnapshot(limit(t), "deployer")
		if err != nil || string(head) != mark || len(parts) != 2 || string(parts["ff"]) != "last "+mark {
			t.Fatalf("loaded %q %q, want %q (%v)", head, parts, mark, err)
		}
	}
	save("one")
	check("one")
	save("two")
	check("two")
	// A later writer died between its parts and its head.
	if _, err := b.saveMessage(limit(t), events.SnapshotSubject("deployer", "00"), []byte("torn")); err != nil {
		t.Fatal(err)
	}
	check("two")
	// Its head points at parts that are not what was saved.
	if _, err := b.saveMessage(limit(t), events.SnapshotSubject("deployer", "head"), []byte(`{"parts":{"00":{"seq":1,"sha256":"00"}},"head":""}`)); err != nil {
		t.Fatal(err)
	}
	check("two")
	for range 2 {
		if _, err := b.saveMessage(limit(t), events.SnapshotSubject("deployer", "head"), []byte("{torn")); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := b.LoadSnapshot(limit(t), "deployer"); !errors.Is(err, ErrNoSnapshot) {
		t.Fatalf("two torn heads: %v", err)
	}
	big := make([]byte, 2*maxSnapshotPart)
	rand.NewChaCha8([32]byte{2}).Read(big)
	if err := b.SaveSnapshot(limit(t), "deployer", map[string][]byte{"00": big}, nil); err == nil {
		t.Error("a part larger than a message was taken")
	}
}

func TestHistory(t *testing.T) {
	b := openTest(t)
	var tail uint64
	for i := range uint64(3) {
		tail = say(t, b, tail, facts(1+400*i, 400)...).Last.Seq
	}
	read := func(after, upTo events.Position) (n int, first, last events.Position) {
		t.Helper()
		err := b.Fetch(limit(t), testGuard, after, upTo, func(m service.Message) error {
			if n++; n == 1 {
				first = m.Pos
			}
			last = m.Pos
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n, first, last
	}
	at := func(seq uint64) events.Position { return events.Position{Era: 1, Seq: seq} }
	if n, first, last := read(events.Position{}, events.Position{}); n != 1200 || first != at(1) || last != at(1200) {
		t.Errorf("all: %d from %s to %s", n, first, last)
	}
	if n, first, last := read(at(10), at(700)); n != 690 || first != at(11) || last != at(700) {
		t.Errorf("a part: %d from %s to %s", n, first, last)
	}
	if n, _, _ := read(at(1200), events.Position{}); n != 0 {
		t.Errorf("behind the end: %d", n)
	}
	if err := b.Fetch(limit(t), testGuard, events.Position{}, at(5), func(service.Message) error { return io.EOF }); !errors.Is(err, io.EOF) {
		t.Errorf("the caller's error: %v", err)
	}
	m, err := b.GetEvent(limit(t), at(7))
	if err != nil || m.Subject != fact(7, "").StreamSubject() {
		t.Errorf("event 7: %s %v", m.Subject, err)
	}
	if _, err := b.GetEvent(limit(t), at(1201)); !errors.Is(err, ErrNoEvent) {
		t.Errorf("event 1201: %v", err)
	}
	if p, err := b.At(limit(t), m.Stored); err != nil || p.Seq > 7 || p.Seq < 1 {
		t.Errorf("at the time of event 7: %s %v", p, err)
	}
	if _, err := b.At(limit(t), time.Now().Add(time.Hour)); !errors.Is(err, ErrNoEvent) {
		t.Errorf("in an hour: %v", err)
	}
}
