package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

func newKey(t *testing.T) Key {
	t.Helper()
	k, err := OpenKey(filepath.Join(t.TempDir(), "store.key"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Many that start at once in one folder have one key, of 32 bytes that nobody else reads.
func TestOneKeyIsMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.key")
	keys, errs := make([]Key, 8), make([]error, 8)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() { keys[i], errs[i] = OpenKey(path) })
	}
	all.Wait()
	for i := range keys {
		if errs[i] != nil || keys[i] != keys[0] || keys[i].Fingerprint() != keys[0].Fingerprint() {
			t.Fatalf("%d: %v", i, errs[i])
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 32 {
		t.Errorf("%v %v", info, err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("left beside it: %v", left)
	}
	if other := newKey(t); other.Fingerprint() == keys[0].Fingerprint() {
		t.Error("two keys with one fingerprint")
	}
}

func TestKeyRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.key")
	if err := os.WriteFile(path, make([]byte, 31), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKey(path); err == nil {
		t.Error("31 bytes were taken")
	}
	if err := os.WriteFile(path, make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKey(path); err == nil {
		t.Error("one that others may read was taken")
	}
}

func TestSealOpensForKeyAndWords(t *testing.T) {
	k, plain := newKey(t), []byte("chain and key")
	sealed := k.Seal(plain, "shop.example.com", "0a")
	if got, err := k.Open(sealed, "shop.example.com", "0a"); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("%q %v", got, err)
	}
	if bytes.Contains(sealed, plain) || bytes.Equal(sealed, k.Seal(plain, "shop.example.com", "0a")) {
		t.Error("sealed in the clear, or twice alike")
	}
	if _, err := k.Open(sealed, "shop.example.com", "0b"); !errors.Is(err, ErrSealed) {
		t.Errorf("another serial: %v", err)
	}
	if _, err := newKey(t).Open(sealed, "shop.example.com", "0a"); !errors.Is(err, ErrSealed) {
		t.Errorf("another key: %v", err)
	}
	for i := range sealed {
		torn := bytes.Clone(sealed)
		torn[i] ^= 1
		if _, err := k.Open(torn, "shop.example.com", "0a"); err == nil {
			t.Fatalf("byte %d was changed and it opened", i)
		}
	}
	if _, err := k.Open(sealed[:20], "shop.example.com", "0a"); err == nil {
		t.Error("a part of it opened")
	}
}

func TestCopies(t *testing.T) {
	c := Copies{Folder: filepath.Join(t.TempDir(), "certificates")}
	if hosts, err := c.Hosts(); err != nil || len(hosts) != 0 {
		t.Fatalf("%v %v", hosts, err)
	}
	for _, x := range []Copy{{"a.example.com", "01", []byte{1}}, {"b.example.com", "02", []byte{2}}, {"a.example.com", "03", []byte{3}}} {
		if err := c.Put(x); err != nil {
			t.Fatal(err)
		}
	}
	if x, err := c.Of("a.example.com"); err != nil || x.Serial != "03" || x.Object[0] != 3 {
		t.Errorf("%v %v", x, err)
	}
	if err := errors.Join(c.Drop("b.example.com"), c.Drop("b.example.com")); err != nil {
		t.Error(err)
	}
	if hosts, err := c.Hosts(); err != nil || !slices.Equal(hosts, []string{"a.example.com"}) {
		t.Errorf("%v %v", hosts, err)
	}
}
