package events

import (
	"fmt"
	"strconv"
	"strings"
)

// OwnerWish is the Kind.Owner of wishes: anyone may wish, nobody owns it.
const OwnerWish = "wish"

// OwnerParticipant is the owner, in the catalogue only, of what every participant
// may say of itself; on the bus the participant's own owner stands there.
const OwnerParticipant = "participant"

const (
	typePrefix     = "dev.slipway."
	wishTypePrefix = "dev.slipway.wish."
)

// Kind is what is said and by whom, without about what. A CloudEvents type that is
// not ours (an app's own event on SLIPWAY_EXT) stands whole in Entity, with Happened
// empty and Version 0.
type Kind struct {
	Owner    string // deployer, placer, node, registry, gateway …; OwnerWish for a wish
	Entity   string // one lower-case word
	Happened string // past tense; a wish's verb
	Version  int    // meaning, from 1
}

// IsWish tells whether the kind is a wish.
func (k Kind) IsWish() bool { return k.Owner == OwnerWish }

// Name is the kind as people write it: release.promoted.
func (k Kind) Name() string { return k.Entity + "." + k.Happened }

// Type is the CloudEvents type: dev.slipway.release.promoted.v1.
func (k Kind) Type() string { return string(k.appendType(nil)) }

// Known tells whether the catalogue has the kind.
func (k Kind) Known() bool { _, ok := Find(k); return ok }

// isForeign tells whether the type is none of ours.
func (k Kind) isForeign() bool { return k.Version == 0 && k.Happened == "" }

func (k Kind) appendType(b []byte) []byte {
	if k.isForeign() {
		return append(b, k.Entity...)
	}
	if k.IsWish() {
		b = append(b, wishTypePrefix...)
	} else {
		b = append(b, typePrefix...)
	}
	b = append(append(b, k.Entity...), '.')
	b = append(append(b, k.Happened...), ".v"...)
	return strconv.AppendInt(b, int64(k.Version), 10)
}

// ParseType reads a CloudEvents type of ours; the owner stays empty unless it is a wish.
func ParseType(t string) (Kind, error) {
	fail := func() (Kind, error) {
		return Kind{}, fmt.Errorf("type %q: want dev.slipway.<entity>.<happened>.v<N>", t)
	}
	var k Kind
	rest, wish := strings.CutPrefix(t, wishTypePrefix)
	if wish && strings.Count(rest, ".") == 2 {
		k.Owner = OwnerWish
	} else if rest, wish = strings.CutPrefix(t, typePrefix); !wish {
		return fail()
	}
	var version string
	k.Entity, rest, _ = strings.Cut(rest, ".")
	k.Happened, version, _ = strings.Cut(rest, ".")
	if !isWord(k.Entity) || !isHappened(k.Happened) {
		return fail()
	}
	n, err := strconv.Atoi(strings.TrimPrefix(version, "v"))
	k.Version = n
	if err != nil || n < 1 || k.Type() != t {
		return fail()
	}
	return k, nil
}

// isWord tells whether s is an entity or an owner: [a-z][a-z0-9]*.
func isWord(s string) bool {
	for i := range len(s) {
		if !isLower(s[i]) && (i == 0 || !isDigit(s[i])) {
			return false
		}
	}
	return s != ""
}

// isHappened tells whether s is a happening or a verb: [a-z][a-z0-9]*(-[a-z0-9]+)*.
func isHappened(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case isLower(c), i > 0 && isDigit(c):
		case c == '-' && i > 0 && s[i-1] != '-' && i < len(s)-1:
		default:
			return false
		}
	}
	return s != ""
}

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
