package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// magic begins a sealed object; a nonce and the sealed bytes follow.
const magic = "slipway-sealed 1\n"

// ErrSealed says that an object does not open: another key, other words, or damaged.
var ErrSealed = errors.New("does not open with this store key")

// Seal seals bytes for whoever has the key and knows the words; no word may hold NUL.
func (k Key) Seal(plain []byte, words ...string) []byte {
	gcm := k.gcm()
	nonce := make([]byte, gcm.NonceSize())
	rand.Read(nonce) // never fails; a key seals far fewer than the 2³² objects this allows
	sealed := append([]byte(magic), nonce...)
	return gcm.Seal(sealed, nonce, plain, about(words))
}

// Open is Seal's opposite.
func (k Key) Open(sealed []byte, words ...string) ([]byte, error) {
	gcm := k.gcm()
	rest, ok := bytes.CutPrefix(sealed, []byte(magic))
	if !ok || len(rest) < gcm.NonceSize() {
		return nil, fmt.Errorf("open %s: no sealed object", strings.Join(words, " "))
	}
	n := gcm.NonceSize()
	plain, err := gcm.Open(nil, rest[:n], rest[n:], about(words))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", strings.Join(words, " "), ErrSealed)
	}
	return plain, nil
}

func (k Key) gcm() cipher.AEAD {
	block, _ := aes.NewCipher(k.bytes[:]) // fails by the key's size alone
	gcm, _ := cipher.NewGCM(block)        // fails by the block's size alone
	return gcm
}

func about(words []string) []byte { return []byte(strings.Join(words, "\x00")) }

// Digest is the name of an object in the object store.
func Digest(object []byte) string {
	sum := sha256.Sum256(object)
	return "sha256:" + hex.EncodeToString(sum[:])
}
