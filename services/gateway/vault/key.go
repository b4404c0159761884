package vault

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	keySize = 32 // AES-256
	secret  = 0o600
)

// Key is the gateways' store key.
type Key struct{ bytes [keySize]byte }

// OpenKey reads a store key, or makes one where there is none.
func OpenKey(path string) (Key, error) {
	k, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := makeKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return Key{}, fmt.Errorf("make store key: %w", err)
	}
	return readKey(path) // whoever made it
}

func readKey(path string) (k Key, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, fmt.Errorf("read store key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("store key %s may be read by others: chmod 600 it", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("read store key: %w", err)
	}
	if len(b) != keySize {
		return Key{}, fmt.Errorf("store key %s has %d bytes, want %d", path, len(b), keySize)
	}
	copy(k.bytes[:], b)
	return k, nil
}

// makeKey writes a new key beside and links it: the first one made stands.
func makeKey(path string) error {
	var b [keySize]byte
	rand.Read(b[:]) // never fails
	beside, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(beside.Name())
	if err := errors.Join(write(beside, b[:]), os.Link(beside.Name(), path)); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// Fingerprint names the key without telling it.
func (k Key) Fingerprint() string {
	h := hmac.New(sha256.New, k.bytes[:])
	h.Write([]byte("slipway store key"))
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// write writes, syncs and closes a file.
func write(f *os.File, b []byte) error {
	_, err := f.Write(b)
	return errors.Join(err, f.Chmod(secret), f.Sync(), f.Close())
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
