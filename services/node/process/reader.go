package process

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"slipway.dev/services/node/driver"
)

// cursor is how far a log was read.
type cursor struct {
	Offset int64  `json:"offset"`
	Older  uint64 `json:"older"` // inode of the older generation then; another one means the log was rotated since
}

// piece is a line, or a part of one that is too long.
type piece struct {
	text string
	cut  bool
}

// reader reads the lines of one log across its rotation.
type reader struct {
	path string
	at   cursor
	wait bool // the log shrank and its older generation is not there yet
}

// next returns at most n pieces and whether there are more. With last set an unfinished line is handed over too.
func (r *reader) next(n int, last bool) (pieces []piece, more bool, err error) {
	inode, rotated := r.rotated()
	if rotated {
		pieces, more, err = r.take(older(r.path), n, true)
		if err != nil || more {
			return pieces, more, err
		}
		if k := len(pieces) - 1; k >= 0 && !r.ended(older(r.path)) {
			pieces[k].cut = true // rotation cut the line: the rest begins the log
		}
		r.at = cursor{Older: inode}
		return pieces, true, nil
	}
	if size := logSize(r.path); size < r.at.Offset {
		// Truncated, but the older generation has not got its name: it will in a moment, or its keeper was killed in between.
		if r.wait = !r.wait; r.wait && !last {
			return nil, false, nil
		}
		r.at.Offset = 0
	}
	return r.take(r.path, n, last)
}

func (r *reader) rotated() (inode uint64, yes bool) {
	info, err := os.Stat(older(r.path))
	if err != nil {
		return r.at.Older, false
	}
	inode = info.Sys().(*syscall.Stat_t).Ino
	return inode, inode != r.at.Older
}

// ended tells whether a file's last byte ends a line.
func (r *reader) ended(path string) bool {
	b, _ := lastBytes(path, 0, 1)
	return len(b) == 0 || b[0] == '\n'
}

// take reads complete lines from the offset on, with last set also an unfinished one.
func (r *reader) take(path string, n int, last bool) (pieces []piece, more bool, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer file.Close()
	buf := make([]byte, 4*driver.LineBytes)
	got, err := file.ReadAt(buf, r.at.Offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	end := errors.Is(err, io.EOF)
	pieces, used := split(buf[:got], n, last && end)
	r.at.Offset += int64(used)
	return pieces, used > 0 && (used < got || !end), nil
}

// split cuts b into at most n pieces and tells how many bytes they took.
func split(b []byte, n int, last bool) (pieces []piece, used int) {
	for len(pieces) < n && used < len(b) {
		rest := b[used:]
		i := bytes.IndexByte(rest, '\n')
		switch {
		case i >= 0 && i <= driver.LineBytes:
			pieces, used = append(pieces, piece{text: text(rest[:i])}), used+i+1
		case len(rest) > driver.LineBytes:
			i = boundary(rest)
			pieces, used = append(pieces, piece{text: text(rest[:i]), cut: true}), used+i
		case last:
			return append(pieces, piece{text: text(rest)}), len(b)
		default:
			return pieces, used
		}
	}
	return pieces, used
}

// boundary is where a long line is cut: at LineBytes, or before the character that crosses it.
func boundary(b []byte) int {
	const widest = 4 // bytes of a UTF-8 character
	for i := driver.LineBytes; i > driver.LineBytes-widest; i-- {
		if b[i]&0xC0 != 0x80 {
			return i
		}
	}
	return driver.LineBytes
}

func text(b []byte) string { return strings.ToValidUTF8(strings.TrimSuffix(string(b), "\r"), "?") }
