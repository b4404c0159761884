package plane

import (
	"errors"
	"net"
	"strconv"
	"syscall"

	"slipway.dev/services/slipway/fault"
)

// Off is the address of a part that is not wanted.
const Off = "off"

// claim finds out at once whether an address can be had. With port 0 it keeps the
// listener, so that the port shown is the port served; a fixed port is given back
// and opened by its owner when it may answer.
func claim(flag, at string) (real string, held net.Listener, err error) {
	l, err := net.Listen("tcp", at)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "", nil, fault.New("SLW-C005", "--%s %s is in use", flag, at).Because(err.Error())
	case err != nil:
		return "", nil, fault.New("SLW-U002", "--%s %s cannot be listened on", flag, at).Because(err.Error())
	}
	real = l.Addr().String()
	if _, port, _ := net.SplitHostPort(at); port == "0" {
		return real, l, nil
	}
	l.Close()
	return real, nil, nil
}

// split parses an address a person gave.
func split(flag, at string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(at)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fault.New("SLW-U002", "--%s %q is not host:port", flag, at)
	}
	return host, port, nil
}

// loopback tells whether an address is reached from this machine only.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// inner parses an address that must be reached from this machine only.
func inner(flag, at string) (host string, port int, err error) {
	host, port, err = split(flag, at)
	if err == nil && !loopback(host) {
		err = fault.New("SLW-U002", "--%s %s is beyond this machine", flag, at).
			Because("until identities and TLS exist nothing but a gateway listens for others")
	}
	return host, port, err
}
