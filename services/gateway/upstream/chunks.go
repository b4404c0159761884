package upstream

import (
	"bytes"
	"errors"
	"io"
)

const (
	// sizeLine is the longest line before a chunk, with what follows its size.
	sizeLine = 4 << 10
	// sizeDigits keeps a chunk's size below the largest number there is.
	sizeDigits = 15
)

var (
	errChunk     = errors.New("a chunk is malformed")
	errTrailer   = errors.New("the trailer is malformed")
	errLongLines = errors.New("a chunk's line is too long")
)

// chunks returns what has come of the body, or what comes next: the chunks that are
// there are moved together.
func (a *Answer) chunks() ([]byte, error) {
	for {
		in := a.in
		from := in.r
		part := in.b[from:from]
		for {
			err := a.chunk()
			if err == errAwaited {
				break
			}
			if err != nil {
				return part, err
			}
			n := int(min(a.left, int64(in.w-in.r)))
			part = append(part, in.b[in.r:in.r+n]...) // never beyond in.r+n
			in.r += n
			a.left -= int64(n)
		}
		if len(part) > 0 {
			return part, nil
		}
		if err := a.await(); err != nil {
			return nil, err
		}
	}
}

var errAwaited = errors.New("more is to come first")

// await reads more of the line or chunk that is to come.
func (a *Answer) await() error {
	if len(a.in.unread()) == 0 {
		return a.refill()
	}
	if !a.in.room() {
		return errLongLines
	}
	return a.conn.more(a.in)
}

// chunk comes to a chunk of which something is there: io.EOF is the last.
func (a *Answer) chunk() error {
	in := a.in
	for a.left == 0 {
		if a.tail {
			if len(in.unread()) < 2 {
				return errAwaited
			}
			if in.b[in.r] != '\r' || in.b[in.r+1] != '\n' {
				return errChunk
			}
			in.r += 2
			a.tail = false
		}
		n, size, err := chunkSize(in.unread())
		if err != nil {
			return err
		}
		if size == 0 {
			return a.trailer(n)
		}
		in.r += n
		a.left, a.tail = size, true
	}
	if in.r == in.w {
		return errAwaited
	}
	return nil
}

// chunkSize reads a line: its length and what it says.
func chunkSize(b []byte) (n int, size int64, err error) {
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		if len(b) > sizeLine {
			return 0, 0, errLongLines
		}
		return 0, 0, errAwaited
	}
	if end == 0 || b[end-1] != '\r' || end > sizeLine {
		return 0, 0, errChunk
	}
	digits, _, _ := bytes.Cut(b[:end-1], []byte(";"))
	digits = bytes.TrimRight(digits, " \t")
	if len(digits) == 0 || len(digits) > sizeDigits || bytes.IndexByte(b[:end-1], '\r') >= 0 {
		return 0, 0, errChunk
	}
	for _, c := range digits {
		d := bytes.IndexByte([]byte("0123456789abcdef"), lower(c))
		if d < 0 {
			return 0, 0, errChunk
		}
		size = size<<4 | int64(d)
	}
	return end + 1, size, nil
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'F' {
		return c + 'a' - 'A'
	}
	return c
}

// trailer reads what stands behind the last chunk, once all of it is there.
func (a *Answer) trailer(skip int) error {
	in, seen := a.in, 0
	rest := in.unread()[skip:]
	end := headEnd(rest, &seen)
	if end == 0 {
		return errAwaited
	}
	in.r += skip + end
	if rest = rest[:end]; bytes.Count(rest, []byte("\n")) != bytes.Count(rest, []byte("\r\n")) {
		return errTrailer
	}
	if end == len("\r\n") {
		return io.EOF
	}
	var err error
	if a.Trailer, err = fields(nil, string(rest)); err != nil {
		return errTrailer
	}
	return io.EOF
}
