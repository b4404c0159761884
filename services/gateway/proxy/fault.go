package proxy

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
)

// ErrorHeader tells the gateway's own answers from an app's.
const ErrorHeader = "Slipway-Error"

// staleHeader tells for how many seconds a gateway has been without the log.
const staleHeader = "Slipway-Stale"

// fault is an answer the gateway makes itself.
type fault struct {
	status int // 0: the client is gone, nothing is answered
	code   string
	text   string
}

// CodeDrainDeadline is of a request or stream that was cut when its endpoint left.
const CodeDrainDeadline = "drain-deadline"

// CodeClientGone is of a request whose client left before its answer was whole.
const CodeClientGone = "client-gone"

var (
	clientGone = &fault{code: CodeClientGone}

	noRoute = &fault{404, "no-route", "no app owns this host and path"}

	connectFailed = &fault{502, "connect-failed", "the app could not be reached"}
	connReset     = &fault{502, "reset", "the app broke the connection"}
	badResponse   = &fault{502, "bad-response", "the app's answer could not be read"}

	noEndpoint = &fault{503, "no-endpoint", "the app has nobody to answer"}
	overload   = &fault{503, "overload", "the app has as many requests as it takes"}
	heldFull   = &fault{503, "held-full", "the app is paused and too many wait already"}

	headerTimeout  = &fault{504, "header-timeout", "the app did not answer in time"}
	requestTimeout = &fault{504, "request-timeout", "the request took too long"}
	drainDeadline  = &fault{504, CodeDrainDeadline, "the app was replaced and its time ran out"}
	holdTimeout    = &fault{504, "hold-timeout", "the app stayed paused too long"}

	badPath        = &fault{400, "bad-request", "the path has a NUL, an encoded slash or a dot segment"}
	badHost        = &fault{400, "bad-request", "the request names no host"}
	badLength      = &fault{400, "bad-request", "the length is said twice, or is no number"}
	badHead        = &fault{400, "bad-request", "the header has a byte that may not be in it"}
	badBody        = &fault{400, "bad-request", "the body could not be read"}
	methodRefused  = &fault{405, "bad-request", "the method is not served here"}
	bodySilent     = &fault{408, "body-timeout", "the body stopped coming"}
	bodyTooLarge   = &fault{413, "body-too-large", "the body is larger than the app takes"}
	lineTooLong    = &fault{414, "uri-too-long", "the request line is too long"}
	headersTooMany = &fault{431, "headers-too-large", "the request has too many headers"}
	unsupported    = &fault{501, "unsupported", "the protocol is not served here"}
)

// stopped is the answer of an app that is held by kind stop.
func stopped(message string) *fault {
	if message == "" {
		message = "the app is stopped"
	}
	return &fault{503, "stopped", message}
}

// write answers; grpc clients get HTTP 200 and a grpc-status.
// page is the app's own, "" if it has none.
func (f *fault) write(w http.ResponseWriter, r *http.Request, requestID, page string) {
	h := w.Header()
	h.Set(ErrorHeader, f.code)
	switch f.status {
	case 503:
		h.Set("Retry-After", "1")
	case 405:
		h.Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
	}
	if isGRPC(r.Header) {
		f.writeGRPC(w)
		return
	}
	body, kind := f.json(requestID), "application/json"
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		body, kind = f.html(requestID, page), "text/html; charset=utf-8"
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(f.status)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

func (f *fault) json(requestID string) []byte {
	b, _ := json.Marshal(struct { // strings alone: cannot fail
		Error     string `json:"error"`
		Code      string `json:"code"`
		RequestID string `json:"requestId"`
	}{f.text, f.code, requestID})
	return append(b, '\n')
}

func (f *fault) html(requestID, page string) []byte {
	if page != "" {
		return []byte(strings.NewReplacer("{{code}}", f.code, "{{status}}", strconv.Itoa(f.status),
			"{{requestId}}", html.EscapeString(requestID)).Replace(page))
	}
	title := fmt.Sprintf("%d %s", f.status, http.StatusText(f.status))
	return fmt.Appendf(nil, "<!doctype html><meta charset=utf-8><title>%s</title><h1>%s</h1><p>%s<p><small>%s %s</small>\n",
		title, title, html.EscapeString(f.text), f.code, html.EscapeString(requestID))
}
