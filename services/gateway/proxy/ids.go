package proxy

import (
	"encoding/hex"
	"math/rand/v2"
)

// newID is 128 bits that chance has drawn, in hexadecimal.
func newID() string {
	var b [32]byte
	return string(appendHex(b[:0], rand.Uint64(), rand.Uint64()))
}

// newTraceparent begins a trace: version 00, non-zero ids, sampled.
func newTraceparent() string {
	var room [55]byte
	b := append(room[:0], "00-"...)
	b = append(appendHex(b, rand.Uint64()|1, rand.Uint64()), '-')
	b = appendHex(b, rand.Uint64()|1)
	return string(append(b, "-01"...))
}

// appendHex spells whole numbers in 16 digits each.
func appendHex(b []byte, numbers ...uint64) []byte {
	for _, n := range numbers {
		b = hex.AppendEncode(b, []byte{
			byte(n >> 56), byte(n >> 48), byte(n >> 40), byte(n >> 32), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n),
		})
	}
	return b
}
