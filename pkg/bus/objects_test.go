package bus

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

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
	if err := b.PutObject(limit(t), name, unreadable{}, int64(len(bytesOf))); err != nil {
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

type unreadable struct{}

func (unreadable) Read([]byte) (int, error) { return 0, errors.New("must not be read") }
