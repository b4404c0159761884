package edge

import (
	"strconv"
	"time"
	"unicode/utf8"

	"slipway.dev/events"
	"slipway.dev/services/gateway/proxy"
)

// pen writes records as events.AccessRecord has them: by hand, because each request
// pays for it.
type pen struct {
	line   []byte
	second int64  // that stamp is of
	stamp  []byte // 2006-01-02T15:04:05
}

// record is a line that stands until the next.
func (p *pen) record(r *proxy.Record, n uint64) []byte {
	b := append(p.line[:0], `{"t":"`...)
	b = p.time(b, r.Start)
	b = append(b, `","n":`...)
	b = strconv.AppendUint(b, n, 10)
	b = text(b, "requestId", r.RequestID)
	b = word(b, "traceId", r.TraceID)
	b = word(b, "app", r.App)
	b = some(b, "release", int64(r.Release))
	b = word(b, "endpoint", r.Endpoint)
	b = some(b, "generation", int64(r.Generation))
	b = text(b, "method", r.Method)
	b = text(b, "host", r.Host)
	b = text(b, "path", pathOf(r))
	b = text(b, "proto", r.Proto)
	b = whole(b, "status", int64(r.Status))
	b = word(b, "code", r.Code)
	b = whole(b, "bytesIn", r.BytesIn)
	b = whole(b, "bytesOut", r.BytesOut)
	b = append(b, `,"clientIp":"`...)
	if r.Client.IsValid() {
		b = r.Client.AppendTo(b)
	}
	b = append(b, '"')
	b = millis(b, "durationMs", r.Duration)
	if r.FirstByte > 0 {
		b = millis(b, "upstreamMs", r.FirstByte)
	}
	b = whole(b, "attempts", int64(r.Attempts))
	b = word(b, "retryReason", r.RetryReason)
	if r.Canary {
		b = append(b, `,"canary":true`...)
	}
	p.line = append(b, '}')
	return p.line
}

// time is RFC 3339 in UTC with milliseconds; the second is spelled once for all
// records of it.
func (p *pen) time(b []byte, t time.Time) []byte {
	if s := t.Unix(); s != p.second || len(p.stamp) == 0 {
		p.second, p.stamp = s, t.UTC().AppendFormat(p.stamp[:0], "2006-01-02T15:04:05")
	}
	b = append(b, p.stamp...)
	return append(thousandths(b, t.Nanosecond()/1e6), 'Z')
}

// thousandths are a point and three digits.
func thousandths(b []byte, n int) []byte {
	return append(b, '.', byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
}

// pathOf is the path, with its query where the app wants it, cut to its bound.
func pathOf(r *proxy.Record) string {
	p := r.Path
	if r.Query != "" {
		p += "?" + r.Query
	}
	if len(p) <= events.MaxAccessPath {
		return p
	}
	end := events.MaxAccessPath
	for end > 0 && !utf8.RuneStart(p[end]) {
		end--
	}
	return p[:end]
}

func key(b []byte, name string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

func whole(b []byte, name string, v int64) []byte { return strconv.AppendInt(key(b, name), v, 10) }

func some(b []byte, name string, v int64) []byte {
	if v == 0 {
		return b
	}
	return whole(b, name, v)
}

func millis(b []byte, name string, d time.Duration) []byte {
	us := max(d.Microseconds(), 0)
	return thousandths(strconv.AppendInt(key(b, name), us/1000, 10), int(us%1000))
}

func word(b []byte, name, v string) []byte {
	if v == "" {
		return b
	}
	return text(b, name, v)
}

func text(b []byte, name, v string) []byte {
	b = append(key(b, name), '"')
	if plain(v) {
		return append(append(b, v...), '"')
	}
	for _, r := range v { // what is no UTF-8 becomes U+FFFD
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029':
			b = escaped(b, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// plain tells whether a text is written as it stands.
func plain(v string) bool {
	for i := range len(v) {
		if c := v[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// escaped keeps control characters, of both sets, from whoever reads the record.
func escaped(b []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
