package cli

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/nearest"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/fault"
)

// sound tells whether the filters can match anything at all: what nobody ever says is a
// slip of the pen, and an empty answer would be taken for an answer.
func (f eventsFlags) sound() error {
	if f.entity != "" {
		if err := f.among("--entity", f.entity, func(k events.Kind) string { return k.Entity }); err != nil {
			return err
		}
	}
	if err := f.soundType(); err != nil {
		return err
	}
	return f.soundSubject()
}

// said are the kinds that may be shown.
func (f eventsFlags) said() (list []events.Kind) {
	for _, r := range events.Catalog {
		if f.withWishes || !r.Kind.IsWish() {
			list = append(list, r.Kind)
		}
	}
	return list
}

// among refuses a word that no kind has in this place.
func (f eventsFlags) among(flag, word string, of func(events.Kind) string) error {
	known := wordsOf(f.said(), of)
	if slices.Contains(known, word) {
		return nil
	}
	bad := fault.New("SLW-U002", "%s %q: no event is about that", flag, word)
	wished := eventsFlags{withWishes: true}
	if slices.Contains(wordsOf(wished.said(), of), word) {
		return bad.Because("it is only wished: --wishes shows wishes too").Try("slipway events --wishes " + flag + " " + word)
	}
	return meant(bad, word, known)
}

// meant adds the nearest of the known words, or all of them.
func meant(bad *fault.Fault, word string, known []string) error {
	if near := nearest.Of(word, known); near != "" {
		bad.Because(fmt.Sprintf("did you mean %q?", near))
	} else {
		bad.Because("there are: " + strings.Join(known, ", "))
	}
	return bad.Try("slipway events types")
}

// wordsOf are the words of kinds, each once.
func wordsOf(kinds []events.Kind, of func(events.Kind) string) (list []string) {
	for _, k := range kinds {
		list = append(list, of(k))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (f eventsFlags) soundType() error {
	if _, err := path.Match(f.typeGlob, ""); err != nil {
		return fault.New("SLW-U002", "--type %q is no pattern, such as release.* or *.failed", f.typeGlob)
	}
	kinds := f.said()
	if f.typeGlob == "" || slices.ContainsFunc(kinds, func(k events.Kind) bool { return globbed(f.typeGlob, k) }) {
		return nil
	}
	bad := fault.New("SLW-U002", "--type %q matches nothing that is ever said", f.typeGlob)
	if near := nearest.Of(f.typeGlob, wordsOf(kinds, events.Kind.Name)); near != "" {
		bad.Because(fmt.Sprintf("did you mean %q?", near))
	} else {
		bad.Because("a type is ENTITY.HAPPENED, such as release.promoted; * stands for any letters")
	}
	return bad.Try("slipway events types")
}

// Places of a subject's tokens: slipway.event.<app>.<owner>.<place>.<entity>.<happened>.
const (
	subjectOwner, subjectEntity, subjectHappened = 3, 5, 6
	subjectTokens                                = 7
)

// soundSubject refuses a filter under which no fact can stand.
func (f eventsFlags) soundSubject() error {
	if f.subject == "" {
		return nil
	}
	bad := fault.New("SLW-U002", "--subject %q is no filter, such as slipway.event.shop.>", f.subject)
	tokens := strings.Split(f.subject, ".")
	open := tokens[len(tokens)-1] == ">"
	for i, t := range tokens {
		if t == "" || strings.ContainsAny(t, " \t\r\n") || t == ">" && i < len(tokens)-1 {
			return bad
		}
	}
	switch {
	case strings.HasPrefix(f.subject, "slipway.wish."):
		return bad.Because("it filters facts; what is wished is shown by --wishes").Try("slipway events --wishes")
	case len(tokens) > subjectTokens, !open && len(tokens) < subjectTokens:
		return bad.Because("a fact's subject is slipway.event.<app>.<owner>.<place>.<entity>.<happened>; > stands for all that follows")
	}
	for i, word := range tokens {
		if word == "*" || word == ">" {
			continue
		}
		if err := soundToken(bad, i, word); err != nil {
			return err
		}
	}
	return nil
}

// soundToken refuses a word that no subject has in its place.
func soundToken(bad *fault.Fault, place int, word string) error {
	kinds, known := eventsFlags{}.said(), []string(nil)
	switch place {
	case 0:
		known = []string{"slipway"}
	case 1:
		known = []string{"event"}
	case subjectOwner:
		known = owners(kinds)
	case subjectEntity:
		known = wordsOf(kinds, func(k events.Kind) string { return k.Entity })
	case subjectHappened:
		known = wordsOf(kinds, func(k events.Kind) string { return k.Happened })
	default: // an app or a place may have any name
		return nil
	}
	if slices.Contains(known, word) {
		return nil
	}
	return meant(bad.Because(fmt.Sprintf("%q stands where %s stands", word, [...]string{
		0: "slipway", 1: "event", subjectOwner: "the owner", subjectEntity: "the entity", subjectHappened: "what happened",
	}[place])), word, known)
}

// owners are all who say something; some things every participant may say.
func owners(kinds []events.Kind) []string {
	for _, p := range participants() {
		kinds = append(kinds, events.Kind{Owner: p.Name})
	}
	list := wordsOf(kinds, func(k events.Kind) string { return k.Owner })
	return slices.DeleteFunc(list, func(owner string) bool { return owner == events.OwnerParticipant })
}

// errSeen ends a look for anything at all.
var errSeen = errors.New("seen")

// knownApp refuses an app of which nothing was ever said, and of which nothing is waited
// for: what is followed or looked at in the past may not be there yet.
func (q *query) knownApp(ctx context.Context) error {
	if q.about == "" || q.follow || q.at != "" || q.withWishes {
		return nil
	}
	err := q.bus.Fetch(ctx, events.Filter(q.about, "", "", "", ""), events.Position{}, q.upTo, func(service.Message) error { return errSeen })
	if errors.Is(err, errSeen) {
		return nil
	}
	if err == nil {
		err = q.present(ctx, q.upTo) // whose names are like it
	}
	if err != nil {
		return q.away(ctx, err)
	}
	return q.noApp(q.about)
}
