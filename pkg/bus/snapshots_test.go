package bus

import (
	"errors"
	"math/rand/v2"
	"testing"

	"slipway.dev/events"
)

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
