package upstream

import (
	"errors"
	"net/textproto"
	"strings"
)

var (
	errStatus = errors.New("the status line is none")
	errName   = errors.New("a header's name is none")
	errFolded = errors.New("a header is folded over two lines")
	errValue  = errors.New("a header's value has a byte that may not be in it")
)

// parse reads a header with its empty line.
func (a *Answer) parse(text string) error {
	line, rest := cutLine(text)
	minor, status, err := statusLine(line)
	if err != nil {
		return err
	}
	a.Status, a.kept = status, minor == 1
	a.Fields, err = fields(a.in.fields[:0], rest)
	return err
}

// cutLine cuts a line off, without its end.
func cutLine(text string) (line, rest string) {
	n := strings.IndexByte(text, '\n')
	line, rest = text[:n], text[n+1:]
	if n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, rest
}

// statusLine reads a first line of HTTP/1.0 or HTTP/1.1.
func statusLine(line string) (minor, status int, err error) {
	const start = len("HTTP/1.1 200")
	if len(line) < start || line[:7] != "HTTP/1." || line[7] != '0' && line[7] != '1' || line[8] != ' ' {
		return 0, 0, errStatus
	}
	if len(line) > start && line[start] != ' ' || strings.IndexByte(line, '\r') >= 0 {
		return 0, 0, errStatus
	}
	for _, c := range []byte(line[9:start]) {
		if c < '0' || c > '9' {
			return 0, 0, errStatus
		}
		status = status*10 + int(c-'0')
	}
	if status < 100 {
		return 0, 0, errStatus
	}
	return int(line[7] - '0'), status, nil
}

// fields reads lines up to the empty one.
func fields(into []Field, text string) ([]Field, error) {
	for {
		line, rest := cutLine(text)
		if line == "" {
			return into, nil
		}
		f, err := field(line)
		if err != nil {
			return into, err
		}
		into, text = append(into, f), rest
	}
}

func field(line string) (Field, error) {
	if line[0] == ' ' || line[0] == '\t' {
		return Field{}, errFolded
	}
	colon := strings.IndexByte(line, ':')
	if colon <= 0 {
		return Field{}, errName
	}
	name, ok := canonical(line[:colon])
	if !ok {
		return Field{}, errName
	}
	value := line[colon+1:]
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return Field{}, errValue
		}
	}
	return Field{name, strings.Trim(value, " \t")}, nil
}

// canonical returns a name as net/http spells it, if it is one. Most are spelled so.
func canonical(name string) (string, bool) {
	spelled, first := true, true
	for i := range len(name) {
		c := name[i]
		if !inName[c] {
			return "", false
		}
		if first {
			spelled = spelled && (c < 'a' || c > 'z')
		} else {
			spelled = spelled && (c < 'A' || c > 'Z')
		}
		first = c == '-'
	}
	if spelled {
		return name, true
	}
	return textproto.CanonicalMIMEHeaderKey(name), true
}

// inName are the bytes of a token.
var inName = func() (in [256]bool) {
	for c := range in {
		in[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	for _, c := range []byte("!#$%&'*+-.^_`|~") {
		in[c] = true
	}
	return in
}()
