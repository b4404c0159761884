package proxy

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"slipway.dev/services/gateway/upstream"
)

// answer is an endpoint's answer, from a transport or from our own client.
type answer struct {
	status int
	length int64 // of the body; -1: it is not said
	res    *http.Response
	own    *upstream.Answer
	buf    *[copyBuffer]byte // of a transport's body
}

func (a *answer) close() {
	if a.own != nil {
		a.own.Close()
		return
	}
	a.res.Body.Close()
	if a.buf != nil {
		buffers.Put(a.buf)
		a.buf = nil
	}
}

// next returns the next part of the body, which stands until the call after it: some of
// it, or io.EOF, or both.
func (a *answer) next() ([]byte, error) {
	if a.own != nil {
		return a.own.Next()
	}
	if a.buf == nil {
		a.buf = buffers.Get().(*[copyBuffer]byte)
	}
	n, err := a.res.Body.Read(a.buf[:])
	return a.buf[:n], err
}

// here reports whether a part of the body is known to be there already.
func (a *answer) here() bool { return a.own != nil && a.own.Buffered() > 0 }

// hand writes what of an answer's header is for the client into the client's, and
// returns how many trailers are announced.
func (x *exchange) hand(a *answer, header http.Header) (announced int) {
	own := header["Set-Cookie"] // of a split
	if len(own) > 0 {
		delete(header, "Set-Cookie")
	}
	if a.own != nil {
		announced = x.handOwn(a.own, header)
	} else {
		announced = x.handTransported(a.res, header)
	}
	if len(own) > 0 {
		header["Set-Cookie"] = append(slices.Clip(header["Set-Cookie"]), own...)
	}
	return announced
}

func (x *exchange) handTransported(res *http.Response, header http.Header) (announced int) {
	if kept := res.Header["Keep-Alive"]; len(kept) > 0 {
		x.line().learn(kept[0])
	}
	removeHops(res.Header)
	onlyOurs(res.Header)
	maps.Copy(header, res.Header)
	if len(res.Trailer) > 0 {
		header["Trailer"] = slices.Sorted(maps.Keys(res.Trailer))
	}
	return len(res.Trailer)
}

// handOwn does the same with fewer objects: one list holds all values.
func (x *exchange) handOwn(a *upstream.Answer, header http.Header) (announced int) {
	values := make([]string, len(a.Fields))
	var hops, trailers []string
	for _, f := range a.Fields {
		switch f.Name {
		case "Connection":
			hops = append(hops, f.Value)
		case "Trailer":
			trailers = append(trailers, f.Value)
		}
	}
	for i, f := range a.Fields {
		if f.Name == "Keep-Alive" {
			x.line().learn(f.Value)
		}
		if isHop(f.Name) || f.Name == ErrorHeader || f.Name == staleHeader || len(hops) > 0 && names(hops, f.Name) {
			continue
		}
		if was, ok := header[f.Name]; ok {
			header[f.Name] = append(was, f.Value)
			continue
		}
		values[i] = f.Value
		header[f.Name] = values[i : i+1 : i+1]
	}
	if len(trailers) == 0 {
		return 0
	}
	list := announcedBy(trailers)
	if len(list) > 0 {
		header["Trailer"] = list
	}
	return len(list)
}

// announcedBy are the names that Trailer lists, as net/http spells them, those apart
// that say where a message ends.
func announcedBy(lines []string) (list []string) {
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			name = http.CanonicalHeaderKey(strings.TrimSpace(name))
			if name != "" && name != "Transfer-Encoding" && name != "Trailer" && name != "Content-Length" {
				list = append(list, name)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// behind is what came after the body, and what of it was announced.
func (a *answer) behind(announced []string) http.Header {
	if a.own == nil {
		return a.res.Trailer
	}
	if len(a.own.Trailer) == 0 && len(announced) == 0 {
		return nil
	}
	h := http.Header{}
	for _, name := range announced {
		h[name] = nil
	}
	for _, f := range a.own.Trailer {
		h[f.Name] = append(h[f.Name], f.Value)
	}
	return h
}
