package load

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
)

// Methods that are no method of HTTP's own: POST requests over HTTP/2, the second kind
// as unary gRPC calls of an app that echoes.
const (
	H2   = "H2"
	GRPC = "GRPC"
)

// client2 speaks HTTP/2 without TLS, all over one connection as gRPC clients do.
func client2(c Config) *http.Client {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return &http.Client{Timeout: c.Timeout, Transport: &http.Transport{Protocols: p, DisableCompression: true}}
}

// verb is the method on the wire, the body and whether it is a request of HTTP/2.
func (c Config) verb(method string) (verb string, body []byte, two bool) {
	switch method {
	case H2:
		return http.MethodPost, c.Body, true
	case GRPC:
		return http.MethodPost, message(c.Body), true
	case http.MethodPost, http.MethodPut:
		return method, c.Body, false
	}
	return method, nil, false
}

// message is a gRPC message: a flag, the length, the bytes.
func message(body []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(body))), body...)
}

// echoed tells what is wrong with the answer to a gRPC call.
func (c Config) echoed(res *http.Response, answer []byte) error {
	status := res.Trailer.Get("Grpc-Status")
	switch {
	case res.Header.Get("Grpc-Status") != "":
		return errors.New("grpc-status " + res.Header.Get("Grpc-Status") + " " + res.Header.Get("Grpc-Message"))
	case status != "0":
		return errors.New("grpc-status " + status + " " + res.Trailer.Get("Grpc-Message"))
	case !bytes.Equal(answer, message(c.Body)):
		return errors.New("it is no echo")
	}
	return nil
}

func reader(body []byte) io.Reader {
	if body == nil {
		return nil
	}
	return bytes.NewReader(body)
}
