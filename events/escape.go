package events

import "unicode/utf8"

// firstBad is the index of the first byte that is no UTF-8, len(b) if all are.
func firstBad(b []byte) int {
	if utf8.Valid(b) {
		return len(b)
	}
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(b)
}

// unescape takes the escapes out of a string the cursor has passed.
func unescape(raw []byte) (text []byte, why string) {
	text = make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			text = append(text, raw[i])
			i++
			continue
		}
		if raw[i+1] != 'u' {
			text = append(text, escaped[raw[i+1]])
			i += 2
			continue
		}
		r, _ := hex4(raw[i+2:])
		i += 6
		if r >= 0xD800 && r < 0xE000 {
			low, ok := rune(0), len(raw)-i >= 6 && raw[i] == '\\' && raw[i+1] == 'u'
			if ok {
				low, _ = hex4(raw[i+2:])
			}
			if r >= 0xDC00 || low < 0xDC00 || low >= 0xE000 {
				return nil, "a lone surrogate"
			}
			r = (r-0xD800)<<10 | (low - 0xDC00) + 0x10000
			i += 6
		}
		text = utf8.AppendRune(text, r)
	}
	return text, ""
}

var escaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}
