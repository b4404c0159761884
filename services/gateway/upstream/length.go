package upstream

import (
	"errors"
	"net/http"
	"strings"
)

var (
	errLength = errors.New("the length is said twice, or is no number")
	errCoding = errors.New("a coding but chunked, or chunked in HTTP/1.0")
	errBoth   = errors.New("a length beside chunks")
)

// measure finds how long the body is, and whether the connection stands after it. A
// length that is said again, the same, is taken out: it must not be passed on twice.
func (a *Answer) measure(bodiless bool) error {
	http11, chunked, closes := a.kept, false, false
	a.Length = -1
	once := a.Fields[:0]
	for _, f := range a.Fields {
		switch f.Name {
		case "Content-Length":
			n, ok := number(f.Value)
			if !ok || a.Length >= 0 && a.Length != n {
				return errLength
			}
			if a.Length == n {
				continue
			}
			a.Length = n
		case "Transfer-Encoding":
			if chunked || !http11 || !strings.EqualFold(f.Value, "chunked") {
				return errCoding
			}
			chunked = true
		case "Connection":
			closes = closes || says(f.Value, "close")
			a.kept = a.kept || says(f.Value, "keep-alive")
		}
		once = append(once, f)
	}
	a.Fields = once
	if chunked && a.Length >= 0 {
		return errBoth
	}
	a.kept = a.kept && !closes
	switch {
	case bodiless:
	case a.Status == http.StatusNoContent, a.Status == http.StatusNotModified:
		a.Length = 0
	case chunked:
		a.cut = true
	case a.Length < 0:
		a.open, a.left = true, forEver
	default:
		a.left = a.Length
	}
	return nil
}

// says reports whether a list has a word.
func says(list, word string) bool {
	for said := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(said), word) {
			return true
		}
	}
	return false
}

// digitsMost keeps a length below the largest number there is.
const digitsMost = 18

func number(s string) (n int64, ok bool) {
	if s == "" || len(s) > digitsMost {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
