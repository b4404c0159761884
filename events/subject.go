package events

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrName is a name that cannot stand in a subject: empty, reserved, too long or no text.
var ErrName = errors.New("name")

const (
	eventPrefix = "slipway.event."
	wishPrefix  = "slipway.wish."
	none        = "_"
	hexDigits   = "0123456789ABCDEF"
)

// Subject spells where an event of kind k about app and place is said:
// slipway.event.<app>.<owner>.<place>.<entity>.<happened>, or for a wish
// slipway.wish.<app>.<place>.<entity>.<verb>. Empty app or place is "_".
func Subject(k Kind, app, place string) string {
	if k.IsWish() {
		return Wish(k.Entity, k.Happened, app, place)
	}
	return eventPrefix + token(app) + "." + k.Owner + "." + token(place) + "." + k.Entity + "." + k.Happened
}

// Wish spells the subject of a wish.
func Wish(entity, verb, app, place string) string {
	return wishPrefix + token(app) + "." + token(place) + "." + entity + "." + verb
}

// DeadSubject spells where a participant puts what it could not read.
func DeadSubject(participant, app, entity string) string {
	return "slipway.dead." + token(participant) + "." + token(app) + "." + token(entity)
}

// LogSubject spells where a node ships the output of an app's instances.
func LogSubject(app, node string) string { return "slipway.log." + token(app) + "." + token(node) }

// ExtSubject spells where a publisher, a service of the users' own, says something:
// slipway.ext.<publisher>.<topic…>.
func ExtSubject(publisher string, topic ...string) string {
	s := "slipway.ext." + token(publisher)
	for _, t := range topic {
		s += "." + token(t)
	}
	return s
}

// SnapshotSubject spells where a service keeps one part of its fold.
func SnapshotSubject(service, part string) string {
	return "slipway.snapshot." + token(service) + "." + token(part)
}

// Filter spells a subject filter over facts; "" is any, and trailing ones become ">".
func Filter(app, owner, place, entity, happened string) string {
	tokens := []string{app, owner, place, entity, happened}
	last := len(tokens)
	for last > 0 && tokens[last-1] == "" {
		last--
	}
	s := "slipway.event"
	for i, t := range tokens[:last] {
		switch {
		case t == "":
			s += ".*"
		case i == 0 || i == 2:
			s += "." + token(t)
		default:
			s += "." + t
		}
	}
	if last < len(tokens) {
		s += ".>"
	}
	return s
}

// Guard is the one filter under which everything that one decider says about one
// key counts; every copy sends exactly this string. It is total over the
// catalogue: each possible subject lies under exactly one guard.
func Guard(owner, app, place string) string {
	switch owner {
	case "deployer", "scaler":
		return eventPrefix + token(app) + "." + owner + ".>"
	case "registry":
		if app == "" {
			return eventPrefix + none + ".registry." + token(place) + ".>"
		}
		return eventPrefix + token(app) + ".registry.>"
	case "placer":
		return eventPrefix + "*.placer.>"
	case "provisioner":
		return eventPrefix + none + ".provisioner.>"
	default: // node, gateway, and services keyed by a place
		return eventPrefix + "*." + owner + "." + token(place) + ".>"
	}
}

// ParseSubject is the exact inverse of Subject. An unknown entity or happening is
// kept; k.Known() is false then. The version stands in the type only, so k's is 1.
func ParseSubject(s string) (k Kind, app, place string, err error) {
	fail := func(why string) (Kind, string, string, error) {
		return Kind{}, "", "", fmt.Errorf("subject %q: %s", s, why)
	}
	if len(s) > MaxSubjectBytes {
		return fail("longer than 512 bytes")
	}
	k.Version = 1
	if rest, ok := strings.CutPrefix(s, eventPrefix); ok && strings.Count(rest, ".") == 4 {
		app, rest, _ = strings.Cut(rest, ".")
		k.Owner, rest, _ = strings.Cut(rest, ".")
		place, rest, _ = strings.Cut(rest, ".")
		k.Entity, k.Happened, _ = strings.Cut(rest, ".")
	} else if rest, ok := strings.CutPrefix(s, wishPrefix); ok && strings.Count(rest, ".") == 3 {
		k.Owner = OwnerWish
		app, rest, _ = strings.Cut(rest, ".")
		place, rest, _ = strings.Cut(rest, ".")
		k.Entity, k.Happened, _ = strings.Cut(rest, ".")
	} else {
		return fail("want slipway.event.<app>.<owner>.<place>.<entity>.<happened> or slipway.wish.<app>.<place>.<entity>.<verb>")
	}
	if !isWord(k.Owner) || !isWord(k.Entity) || !isHappened(k.Happened) {
		return fail("owner and entity are one lower-case word, happened may hold dashes")
	}
	if k.IsWish() && s[:len(wishPrefix)] != wishPrefix {
		return fail("nobody owns a wish: the owner of a fact is never called so")
	}
	if app, err = untoken(app); err != nil {
		return fail(err.Error())
	}
	if place, err = untoken(place); err != nil {
		return fail(err.Error())
	}
	return k, app, place, nil
}

// CheckName tells why a raw name cannot be an app's, node's or gateway's.
func CheckName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: empty", ErrName)
	case name == none || name == "all":
		return fmt.Errorf("%w %q: reserved", ErrName, name)
	case len(name) > MaxNameBytes:
		return fmt.Errorf("%w %q: longer than %d bytes", ErrName, name[:MaxNameBytes], MaxNameBytes)
	case !utf8.ValidString(name):
		return fmt.Errorf("%w %q: not UTF-8", ErrName, name)
	}
	if why := checkText(name); why != "" { // it could not stand in a CloudEvents subject
		return fmt.Errorf("%w %q: %s", ErrName, name, why)
	}
	return nil
}

var besideEscape = strings.NewReplacer("%", "%25", "/", "%2F")

// Beside joins the parts of a CloudEvents subject with "/", escaping "%" and "/"
// inside a part; empty parts are left out.
func Beside(parts ...string) string {
	var room [4]string
	kept := room[:0]
	for _, p := range parts {
		if p == "" {
			continue
		}
		if strings.ContainsAny(p, "%/") {
			p = besideEscape.Replace(p)
		}
		kept = append(kept, p)
	}
	return strings.Join(kept, "/")
}

// token escapes a raw name: bytes outside [A-Za-z0-9_-] become =XX; "" is "_".
func token(name string) string {
	if name == "" {
		return none
	}
	plain := true
	for i := range len(name) {
		plain = plain && plainByte(name[i])
	}
	if plain {
		return name
	}
	out := make([]byte, 0, 3*len(name))
	for i := range len(name) {
		if c := name[i]; plainByte(c) {
			out = append(out, c)
		} else {
			out = append(out, '=', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return string(out)
}

// untoken accepts canonical tokens only, so that both round trips are the identity.
func untoken(t string) (string, error) {
	switch {
	case t == "":
		return "", errors.New("empty token")
	case t == none:
		return "", nil
	case !strings.Contains(t, "=") && token(t) == t:
		return t, nil
	}
	out := make([]byte, 0, len(t))
	for i := 0; i < len(t); i++ {
		if t[i] != '=' {
			out = append(out, t[i])
			continue
		}
		if i+2 >= len(t) {
			return "", fmt.Errorf("token %q: cut escape", t)
		}
		hi, lo := strings.IndexByte(hexDigits, t[i+1]), strings.IndexByte(hexDigits, t[i+2])
		if hi < 0 || lo < 0 {
			return "", fmt.Errorf("token %q: bad escape", t)
		}
		out = append(out, byte(hi<<4|lo))
		i += 2
	}
	if token(string(out)) != t {
		return "", fmt.Errorf("token %q: not canonical", t)
	}
	return string(out), nil
}

func plainByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}
