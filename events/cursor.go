package events

// cursor walks over JSON and checks its grammar as strictly as RFC 8259 puts it. It
// builds nothing: what it passes can be cut out of b. UTF-8 is checked elsewhere,
// once for the whole body.
type cursor struct {
	b []byte
	i int // the next byte
}

const (
	whyCut     = "cut short"
	whyNoJSON  = "not JSON"
	whyControl = "a control character in a string"
	whyEscape  = "a bad escape in a string"
	whyNumber  = "a bad number"
	whyDeep    = "nested deeper than 32"
)

// stops marks the bytes that end a run of plain bytes in a string.
var stops = func() (t [256]bool) {
	for c := range 0x20 {
		t[c] = true
	}
	t['"'], t['\\'] = true, true
	return t
}()

// peek skips space and returns the next byte, 0 at the end.
func (c *cursor) peek() byte {
	for c.i < len(c.b) {
		switch ch := c.b[c.i]; ch {
		case ' ', '\t', '\n', '\r':
			c.i++
		default:
			return ch
		}
	}
	return 0
}

// eat skips space and the byte ch, if that is next.
func (c *cursor) eat(ch byte) bool {
	if c.peek() != ch {
		return false
	}
	c.i++
	return true
}

// text passes a string and returns what stands between its quotes; plain tells that
// there is no escape in it.
func (c *cursor) text() (raw []byte, plain bool, why string) {
	if !c.eat('"') {
		return nil, false, whyNoJSON
	}
	b, i := c.b, c.i
	start, plain := i, true
	for i < len(b) {
		ch := b[i]
		switch {
		case !stops[ch]:
			i++
		case ch == '"':
			c.i = i + 1
			return b[start:i], plain, ""
		case ch != '\\':
			return nil, false, whyControl
		default:
			n := escapeLen(b[i:])
			if n == 0 {
				return nil, false, whyEscape
			}
			i, plain = i+n, false
		}
	}
	return nil, false, whyCut
}

// escapeLen is the length of the escape at the beginning of b, 0 if it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b[2:]); ok {
			return 6
		}
	}
	return 0
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case isDigit(c):
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// value passes any value; depth is that of what holds it.
func (c *cursor) value(depth int) (why string) {
	switch ch := c.peek(); ch {
	case '"':
		_, _, why = c.text()
		return why
	case '{', '[':
		return c.nested(ch, depth+1)
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	case 0:
		return whyCut
	default:
		return c.number()
	}
}

func (c *cursor) nested(open byte, depth int) (why string) {
	if depth > MaxDepth {
		return whyDeep
	}
	end := open + 2 // in ASCII: { } and [ ]
	c.i++
	if c.eat(end) {
		return ""
	}
	for {
		if open == '{' {
			if _, _, why = c.text(); why != "" {
				return why
			}
			if !c.eat(':') {
				return whyNoJSON
			}
		}
		if why = c.value(depth); why != "" {
			return why
		}
		switch {
		case c.eat(','):
		case c.eat(end):
			return ""
		case c.i >= len(c.b):
			return whyCut
		default:
			return whyNoJSON
		}
	}
}

func (c *cursor) word(w string) (why string) {
	if len(c.b)-c.i < len(w) || string(c.b[c.i:c.i+len(w)]) != w {
		return whyNoJSON
	}
	c.i += len(w)
	return ""
}

func (c *cursor) number() (why string) {
	start := c.i
	c.skip('-')
	whole := c.i
	if n := c.digits(); n == 0 && c.i == start {
		return whyNoJSON
	} else if n == 0 || n > 1 && c.b[whole] == '0' {
		return whyNumber
	}
	if c.skip('.') && c.digits() == 0 {
		return whyNumber
	}
	if c.skip('e') || c.skip('E') {
		_ = c.skip('+') || c.skip('-')
		if c.digits() == 0 {
			return whyNumber
		}
	}
	return ""
}

func (c *cursor) skip(ch byte) bool {
	if c.i >= len(c.b) || c.b[c.i] != ch {
		return false
	}
	c.i++
	return true
}

func (c *cursor) digits() int {
	start := c.i
	for c.i < len(c.b) && isDigit(c.b[c.i]) {
		c.i++
	}
	return c.i - start
}
