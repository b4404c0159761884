package gateway

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"
)

// plain is a backend that costs next to nothing: it reads requests and writes the same
// answer to each, on whatever connections come.
func plain(b *testing.B, size int) (address string) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	b.Cleanup(func() { l.Close() })
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", size)
	answer = append(answer, bytes.Repeat([]byte("x"), size)...)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c, answer)
		}
	}()
	return l.Addr().String()
}

func serve(c net.Conn, answer []byte) {
	defer c.Close()
	r := bufio.NewReaderSize(c, 16<<10)
	for {
		m, err := readHead(r)
		if err != nil || m.discard(r) != nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}

// head is what a message says of its body.
type head struct {
	first   []byte // its first line
	length  int
	chunked bool
}

func readHead(r *bufio.Reader) (m head, err error) {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return m, err
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case len(line) == 0:
			return m, nil
		case m.first == nil:
			m.first = append(make([]byte, 0, 64), line...)
		case named(line, "content-length:"):
			m.length, err = strconv.Atoi(string(bytes.TrimSpace(line[len("content-length:"):])))
		case named(line, "transfer-encoding:"):
			m.chunked = true
		}
		if err != nil {
			return m, err
		}
	}
}

func named(line []byte, name string) bool {
	return len(line) > len(name) && bytes.EqualFold(line[:len(name)], []byte(name))
}

// discard reads the body away.
func (m head) discard(r *bufio.Reader) error {
	if !m.chunked {
		_, err := r.Discard(m.length)
		return err
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(line[:len(line)-2], 16, 32)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, r, n+2); err != nil || n == 0 {
			return err
		}
	}
}
