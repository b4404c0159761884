package proxy

import (
	"net/http"
	"net/url"
	"strings"
)

const (
	requestLineMax = 16 << 10
	headersMax     = 200
)

// misshapen returns what is wrong with a request that must not be forwarded,
// beyond what the server's parser refuses.
func misshapen(r *http.Request) *fault {
	switch {
	case r.ProtoMajor == 2 && r.Header.Get(":protocol") != "":
		return unsupported
	case r.Method == http.MethodConnect || r.Method == http.MethodTrace || !isToken(r.Method):
		return methodRefused
	case len(r.RequestURI) > requestLineMax:
		return lineTooLong
	case tooMany(r.Header):
		return headersTooMany
	case !oneHost(r):
		return badHost
	case r.ProtoMajor == 2 && !oneLength(r.Header["Content-Length"]):
		return badLength
	case !cleanPath(r.URL.Path), r.ProtoMajor == 2 && !isPath(r.RequestURI):
		return badPath
	}
	return nil
}

// isToken reports whether a method is one word; HTTP/2 may bring anything.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", c)
	})
}

// notInHost are bytes that an app could take for a path, a user or a second host.
const notInHost = "/\\?#@,;<>\"'` \t"

// oneHost reports whether the request names one host. A Host beside an :authority that
// says something else would be a second one.
func oneHost(r *http.Request) bool {
	if r.Host == "" || strings.ContainsAny(r.Host, notInHost) {
		return false
	}
	beside := r.Header["Host"]
	return len(beside) == 0 || len(beside) == 1 && beside[0] == r.Host
}

// oneLength reports whether a request of HTTP/2 says its length once, as a number. Its
// server takes anything else for a length of 0.
func oneLength(said []string) bool {
	if len(said) == 0 {
		return true
	}
	notDigit := func(c rune) bool { return c < '0' || c > '9' }
	return len(said) == 1 && said[0] != "" && !strings.ContainsFunc(said[0], notDigit)
}

// pathOf is the path to be matched. An absolute form may leave its only slash out.
func pathOf(r *http.Request) string {
	if r.URL.Path == "" && r.URL.Host != "" {
		r.URL.Path = "/"
	}
	return r.URL.Path
}

func tooMany(h http.Header) bool {
	if len(h) > headersMax {
		return true
	}
	n := 0
	for _, values := range h {
		n += len(values)
	}
	return n > headersMax
}

// cleanPath reports whether a decoded path is rooted and has neither NUL nor
// dot segments.
func cleanPath(path string) bool {
	if path == "*" {
		return true // OPTIONS *
	}
	if !strings.HasPrefix(path, "/") || strings.IndexByte(path, 0) >= 0 {
		return false
	}
	if !strings.Contains(path, "/.") {
		return true
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

// isPath reports whether a :path is one: what HTTP/1 says in its request line's middle,
// and no space in it.
func isPath(s string) bool {
	return (strings.HasPrefix(s, "/") || s == "*") && strings.IndexByte(s, ' ') < 0
}

func encodedSlash(u *url.URL) bool {
	return u.RawPath != "" && (strings.Contains(u.RawPath, "%2F") || strings.Contains(u.RawPath, "%2f"))
}

// isWebSocket reports whether the client asks for an upgrade that is passed
// on; any other is dropped.
func isWebSocket(r *http.Request) bool {
	return r.ProtoMajor == 1 && names(r.Header["Upgrade"], "websocket") && names(r.Header["Connection"], "upgrade")
}

func names(lines []string, token string) bool {
	for _, line := range lines {
		for word := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(word), token) {
				return true
			}
		}
	}
	return false
}
