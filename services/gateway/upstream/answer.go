package upstream

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
)

// Field is one line of a header, its name as net/http spells it.
type Field struct{ Name, Value string }

// Answer is an endpoint's answer: its header, and its body as it comes.
type Answer struct {
	Status  int
	Fields  []Field // in their order; they stand until the body is read
	Length  int64   // as the header says it; -1: it does not
	Trailer []Field // what came behind the body; there once that has ended

	call   *Call
	conn   *conn
	in     *buffer
	kept   bool  // the endpoint lets the connection stand
	left   int64 // of the body, or of its chunk
	open   bool  // the body ends with the connection
	cut    bool  // the body comes in chunks
	tail   bool  // the end of a chunk's line is still to come
	closed bool
	err    error // why no more comes; io.EOF: that was all
}

var (
	errHeadLarge  = errors.New("the header is larger than 32 KiB")
	errUnasked    = errors.New("an upgrade that nobody asked for")
	errManyBefore = errors.New("too many answers before the answer")
)

// beforeMost is how many interim answers (1xx) may come before the one that counts.
const beforeMost = 16

// read reads the header. What stands before it, of status 1xx, is nothing to a client
// that did not ask for it.
func (c *Call) read(conn *conn, in *buffer, bodiless bool) (*Answer, error) {
	a := &c.answer
	a.call, a.conn, a.in = c, conn, in
	for range beforeMost {
		err := a.head()
		if err != nil {
			a.err = err
			a.Close()
			return nil, err
		}
		if a.Status == http.StatusSwitchingProtocols {
			return nil, a.refuse(errUnasked)
		}
		if a.Status < 200 {
			continue
		}
		if err := a.measure(bodiless); err != nil {
			return nil, a.refuse(err)
		}
		if a.left == 0 && !a.cut {
			a.ends(io.EOF)
		}
		return a, nil
	}
	return nil, a.refuse(errManyBefore)
}

func (a *Answer) refuse(err error) error {
	a.err = err
	a.Close()
	return &Error{Malformed, err}
}

// head reads one header.
func (a *Answer) head() error {
	in, seen := a.in, 0
	for {
		end := headEnd(in.unread(), &seen)
		if end > headMost {
			return &Error{Malformed, errHeadLarge}
		}
		if end > 0 {
			text := string(in.b[in.r : in.r+end])
			in.r += end
			if err := a.parse(text); err != nil {
				return &Error{Malformed, err}
			}
			return nil
		}
		if !in.room() || len(in.unread()) >= headMost {
			return &Error{Malformed, errHeadLarge}
		}
		if err := a.conn.more(in); err != nil {
			return &Error{a.brokenAt(), err}
		}
	}
}

// brokenAt tells a header that broke off from what never was one.
func (a *Answer) brokenAt() Reach {
	line, _, whole := bytes.Cut(a.in.unread(), []byte("\n"))
	if !whole && len(line) > 0 {
		return Malformed
	}
	if whole {
		if _, _, err := statusLine(string(bytes.TrimSuffix(line, []byte("\r")))); err != nil {
			return Malformed
		}
	}
	return Broken
}

// headEnd returns the length of a header with its empty line, 0 if that has not come.
// seen is how much was looked at before.
func headEnd(b []byte, seen *int) int {
	for at := *seen; ; {
		n := bytes.IndexByte(b[at:], '\n')
		if n < 0 {
			*seen = at
			return 0
		}
		line := b[at : at+n]
		at += n + 1
		if len(line) == 0 || len(line) == 1 && line[0] == '\r' {
			return at
		}
	}
}

// Next returns the next part of the body: some of it, or io.EOF, or both. The part
// stands until the call after it.
func (a *Answer) Next() ([]byte, error) {
	if a.err != nil {
		return nil, a.err
	}
	part, err := a.next()
	if err != nil {
		a.ends(err)
	}
	return part, err
}

func (a *Answer) next() ([]byte, error) {
	if a.cut {
		return a.chunks()
	}
	if a.in.r == a.in.w {
		if err := a.refill(); err != nil {
			if a.open && err == io.ErrUnexpectedEOF {
				return nil, io.EOF
			}
			return nil, err
		}
	}
	in := a.in
	n := int(min(a.left, int64(in.w-in.r)))
	part := in.b[in.r : in.r+n]
	in.r += n
	if a.left -= int64(n); a.left == 0 {
		return part, io.EOF
	}
	return part, nil
}

// refill gives an empty buffer back, and takes one with more.
func (a *Answer) refill() (err error) {
	buffers.Put(a.in)
	a.in, a.Fields = nil, nil // they lie in it
	a.in, err = a.conn.again()
	return err
}

// ends gives the connection up. The buffer stays as long as a part of it is lent.
func (a *Answer) ends(err error) {
	a.err = err
	whole := err == io.EOF && a.kept && !a.open && a.in.r == a.in.w && a.conn.rest.Load() == restNone
	a.conn = nil // another call's from now on
	a.call.settle(whole)
}

// Buffered returns how many bytes are there to be read, chunks' lengths and all.
func (a *Answer) Buffered() int {
	if a.err != nil {
		return 0
	}
	return a.in.w - a.in.r
}

// Close gives up what has not been read yet. No part of the body stands after it.
func (a *Answer) Close() {
	if a.closed {
		return
	}
	a.closed = true
	a.call.settle(false) // if it has not ended well already
	if a.in != nil {
		buffers.Put(a.in)
	}
	a.conn, a.in, a.Fields = nil, nil, nil
	if a.err == nil {
		a.err = net.ErrClosed
	}
}

// forEver is the length of a body that ends with its connection.
const forEver = math.MaxInt64
