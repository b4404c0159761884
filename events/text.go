package events

import (
	"strings"
	"unicode/utf8"
)

// checkText tells why s cannot be the value of a CloudEvents attribute; "" if it
// can. Control characters and non-characters would not survive every transport.
func checkText(s string) string {
	if isPlain(s) {
		return ""
	}
	return checkRunes(s)
}

// isPlain tells the texts that are printable ASCII, as nearly all are.
func isPlain[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7F {
			return false
		}
	}
	return true
}

func checkRunes(s string) string {
	if !utf8.ValidString(s) {
		return "invalid UTF-8"
	}
	for _, r := range s {
		switch {
		case r < 0x20 || r >= 0x7F && r <= 0x9F:
			return "a control character"
		case isNoCharacter(r):
			return "a non-character"
		}
	}
	return ""
}

// isNoCharacter tells the code points Unicode will never assign.
func isNoCharacter(r rune) bool { return r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE }

// Reason makes any text fit the reason of an event: what may not stand there becomes
// a space, and it is cut to MaxReasonBytes on a rune border.
func Reason(text string) string {
	text = strings.ToValidUTF8(text, " ")
	if checkText(text) != "" {
		text = strings.Map(func(r rune) rune {
			if checkRunes(string(r)) != "" {
				return ' '
			}
			return r
		}, text)
	}
	if len(text) <= MaxReasonBytes {
		return text
	}
	cut := MaxReasonBytes
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}
