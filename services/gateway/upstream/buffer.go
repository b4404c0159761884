package upstream

import "sync"

const (
	// headMost is the largest header of an answer, in bytes.
	headMost = 32 << 10
	// pieceMost is the most that is read at once: 64 KiB, which is what one write mostly
	// brings, and the header before it.
	pieceMost = 66 << 10
)

// buffer holds what was read and not yet passed on.
type buffer struct {
	b      [pieceMost]byte
	r, w   int // what is unread is between
	fields [32]Field
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func lend() *buffer {
	in := buffers.Get().(*buffer)
	in.r, in.w = 0, 0
	return in
}

func (in *buffer) unread() []byte { return in.b[in.r:in.w] }

// room makes place for more behind what is unread, and reports whether there is any.
func (in *buffer) room() bool {
	if in.r > 0 {
		in.w = copy(in.b[:], in.b[in.r:in.w])
		in.r = 0
	}
	return in.w < len(in.b)
}
