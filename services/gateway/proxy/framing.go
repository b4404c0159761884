package proxy

import (
	"bytes"
	"net"
	"strings"
)

// framing reads along with the server's parser, which settles by itself how
// long a request is that says so twice. Whoever stands in front may have
// settled it otherwise, and what one takes for a body is then a request to
// the other. So the line that makes a header ambiguous (a second length, a
// length beside chunking, a folded line) is broken in place, and the parser
// refuses the whole of it: 400, and the connection is closed.
//
// The zero framing stands before a connection's first byte. Where it loses
// the thread the parser refuses, too, and the connection ends.
type framing struct {
	at    place
	word  [len("transfer-encoding")]byte // a line's beginning, lower case
	n     int                            // of the bytes before a colon, all of them
	long  bool                           // a length was said
	parts bool                           // chunking was said
	left  int64                          // of a body or a chunk; the value of a length
}

// place is what the next byte belongs to.
type place int

const (
	atRequest  place = iota // the request line
	atName                  // a header's name
	atLength                // the value of Content-Length
	atValue                 // any other value
	atBody                  // a body of known length
	atSize                  // a chunk's length
	atSizeRest              // what follows it on its line
	atChunk                 // a chunk and the line's end behind it
	atTrailer               // a line behind the last chunk
	atNothing               // the connection is no longer HTTP/1
)

const (
	tlsHandshake = 0x16 // the first byte of TLS
	broken0      = 0    // is in no header's name
)

// see looks at what was read and breaks what is ambiguous.
func (f *framing) see(p []byte) {
	for len(p) > 0 && f.at != atNothing {
		p = p[f.step(p):]
	}
}

// step looks at some bytes and returns how many.
func (f *framing) step(p []byte) int {
	switch f.at {
	case atRequest:
		return f.request(p)
	case atName:
		return f.name(p)
	case atLength:
		return f.length(p)
	case atValue:
		return f.rest(p, atName)
	case atSize:
		return f.size(p)
	case atSizeRest:
		return f.rest(p, f.behindSize())
	case atTrailer:
		return f.trailer(p)
	}
	return f.skip(p)
}

// request passes the request line. Empty ones before it are borne, as the
// parser does.
func (f *framing) request(p []byte) int {
	for i, c := range p {
		switch {
		case f.n > 3:
			n := bytes.IndexByte(p[i:], '\n')
			if n < 0 {
				return len(p)
			}
			*f = framing{at: atName}
			return i + n + 1
		case c == tlsHandshake && f.n == 0, f.n == 3 && string(f.word[:3]) == "pri":
			f.at = atNothing // TLS, or HTTP/2
			return len(p)
		case c == '\n' && f.n > 0:
			*f = framing{at: atName}
			return i + 1
		case c != '\n' && c != '\r':
			f.note(c)
		}
	}
	return len(p)
}

func (f *framing) note(c byte) {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	if f.n < len(f.word) {
		f.word[f.n] = c
	}
	f.n++
}

// name passes a header's name up to its colon, or the header's end.
func (f *framing) name(p []byte) int {
	for i, c := range p {
		switch {
		case c == ':':
			if f.at = f.said(); f.at == atNothing {
				p[i] = broken0
			}
			f.n = 0
			return i + 1
		case c == '\n' && f.n == 0:
			f.body()
			return i + 1
		case c == '\n':
			f.n = 0 // no header: the parser refuses it
			return i + 1
		case f.n == 0 && (c == ' ' || c == '\t'):
			p[i] = broken0 // a folded line
			f.note(broken0)
		case c != '\r':
			f.note(c)
		}
	}
	return len(p)
}

// said tells what follows a name; atNothing if it makes the header ambiguous.
func (f *framing) said() place {
	if f.n > len(f.word) {
		return atValue
	}
	switch string(f.word[:f.n]) {
	case "content-length":
		if f.long || f.parts {
			return atNothing
		}
		f.long = true
		return atLength
	case "transfer-encoding":
		if f.long || f.parts {
			return atNothing
		}
		f.parts = true
	}
	return atValue
}

func (f *framing) length(p []byte) int {
	for i, c := range p {
		if c == '\n' {
			f.at = atName
			return i + 1
		}
		if c >= '0' && c <= '9' {
			f.left = f.left*10 + int64(c-'0') // what overflows is refused by the parser
		}
	}
	return len(p)
}

// body is what follows the header.
func (f *framing) body() {
	switch {
	case f.parts:
		f.at, f.left = atSize, 0
	case f.left > 0:
		f.at = atBody
	default:
		*f = framing{}
	}
}

// rest passes the rest of a line.
func (f *framing) rest(p []byte, then place) int {
	i := bytes.IndexByte(p, '\n')
	if i < 0 {
		return len(p)
	}
	f.at, f.n = then, 0
	return i + 1
}

func (f *framing) size(p []byte) int {
	for i, c := range p {
		digit := strings.IndexByte("0123456789abcdef0123456789ABCDEF", c)
		if digit < 0 {
			f.at = atSizeRest
			return i
		}
		f.left = f.left<<4 | int64(digit%16)
	}
	return len(p)
}

func (f *framing) behindSize() place {
	if f.left == 0 {
		return atTrailer
	}
	f.left += int64(len("\r\n"))
	return atChunk
}

func (f *framing) trailer(p []byte) int {
	for i, c := range p {
		switch {
		case c == '\n' && f.n == 0:
			*f = framing{}
			return i + 1
		case c == '\n':
			f.n = 0
			return i + 1
		case c != '\r':
			f.note(c)
		}
	}
	return len(p)
}

// skip passes a body's bytes.
func (f *framing) skip(p []byte) int {
	n := int(min(f.left, int64(len(p))))
	if n < 0 {
		f.at = atNothing // a length beyond all bounds: refused
		return len(p)
	}
	if f.left -= int64(n); f.left > 0 {
		return n
	}
	if f.at == atChunk {
		f.at = atSize
	} else {
		*f = framing{}
	}
	return n
}

// unframed says that no more requests come by a connection.
func unframed(c net.Conn) {
	if ours, ok := c.(interface{ unframe() }); ok {
		ours.unframe()
	}
}

func (c *clientConn) unframe() { c.framing.at = atNothing }
