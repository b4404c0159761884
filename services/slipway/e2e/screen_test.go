package e2e

import "testing"

// TestScreen: the screen obeys what it is told, so that a test that looks at it sees
// what a person would.
func TestScreen(t *testing.T) {
	for _, c := range []struct{ name, written, text string }{
		{"lines", "ab\r\ncd", "ab\ncd"},
		{"a line that is too wide goes on below", "abcdefghijklm", "abcdefghij\nklm"},
		{"a wide character takes two columns", "abcdefghi価", "abcdefghi\n価"},
		{"back and over", "abc\b\bX", "aXc"},
		{"up, and the rest of the line gone", "abc\r\ndef\x1b[1A\x1b[K", "abc\ndef"},
		{"to the beginning and all below gone", "abc\r\ndef\x1b[1A\r\x1b[J", ""},
		{"a line made", "abc\r\ndef\x1b[L", "abc\n\ndef"},
		{"a line taken", "abc\r\ndef\x1b[1A\x1b[M", "def"},
		{"characters taken and made", "abcdef\x1b[5D\x1b[2P\x1b[1@", "a def"},
		{"scrolls", "1\r\n2\r\n3\r\n4", "2\n3\n4"},
		{"colours show nothing", "\x1b[1;31mred\x1b[m", "red"},
		{"codes in two writes", "\x1b", ""},
	} {
		s := NewScreen(10, 3)
		_, _ = s.Write([]byte(c.written))
		if s.Text() != c.text || len(s.Unknown) != 0 {
			t.Errorf("%s: %q, want %q; unknown %q", c.name, s.Text(), c.text, s.Unknown)
		}
	}
	s := NewScreen(10, 3)
	for _, b := range []byte("\x1b[2C価\x1b[2J\x1b(B") {
		_, _ = s.Write([]byte{b})
	}
	if s.Clears != 1 || len(s.Unknown) != 1 || s.Text() != "B" && s.Text() != "    B" {
		t.Errorf("%+v %q", s, s.Text())
	}
}
