package events

import (
	"fmt"
	"strconv"
	"strings"
)

// Position is a place in the log: the era (one life of the stream, from 1) and the
// stream sequence in it. The zero Position is before everything.
type Position struct {
	Era uint32 // life of the stream, from 1
	Seq uint64 // stream sequence in that era, from 1
}

// String writes a position as era:seq, "1:48211"; the zero Position is "".
func (p Position) String() string {
	if p.IsZero() {
		return ""
	}
	return strconv.FormatUint(uint64(p.Era), 10) + ":" + strconv.FormatUint(p.Seq, 10)
}

// IsZero tells whether the position is before everything.
func (p Position) IsZero() bool { return p.Era == 0 && p.Seq == 0 }

// After tells whether p is later than q: by era, then by sequence.
func (p Position) After(q Position) bool {
	if p.Era != q.Era {
		return p.Era > q.Era
	}
	return p.Seq > q.Seq
}

// MarshalText makes a position a JSON string.
func (p Position) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (p *Position) UnmarshalText(b []byte) error {
	q, err := ParsePosition(string(b))
	*p = q
	return err
}

// ParsePosition reads "era:seq" in canonical decimal; "" is the zero Position.
func ParsePosition(s string) (Position, error) {
	if s == "" {
		return Position{}, nil
	}
	era, seq, ok := strings.Cut(s, ":")
	e, err1 := strconv.ParseUint(era, 10, 32)
	q, err2 := strconv.ParseUint(seq, 10, 64)
	p := Position{Era: uint32(e), Seq: q}
	if !ok || err1 != nil || err2 != nil || p.String() != s {
		return Position{}, fmt.Errorf("position %q: want era:seq, such as 1:48211", s)
	}
	return p, nil
}
