package provisioner

import (
	"fmt"
	"slices"
	"strings"

	"slipway.dev/events"
)

// Bounds of an integration.
const (
	MaxFilters      = 16  // of one; the server matches every event against each
	MaxIntegrations = 256 // the server keeps each in memory; the log has room for 2,048 readers
	maxNameBytes    = 64  // it stands in subjects and file names of the server
)

const (
	ownNames = "slipway" // names that begin so are ours
	bus      = events.StreamEvents
)

// filterRoot begins every filter over facts.
var filterRoot = strings.TrimSuffix(events.Filter("", "", "", "", ""), ">")

// checkName tells why a name cannot be an integration's: it is a consumer's name on
// the server, so that any client can spell it.
func checkName(name string) string {
	if err := events.CheckName(name); err != nil {
		return err.Error()
	}
	switch {
	case len(name) > maxNameBytes:
		return fmt.Sprintf("name of %d bytes, at most %d", len(name), maxNameBytes)
	case strings.HasPrefix(name, ownNames):
		return fmt.Sprintf("name %q: what begins with %s is Slipway's own", name, ownNames)
	case strings.IndexFunc(name, func(r rune) bool { return !plain(r) }) >= 0:
		return fmt.Sprintf("name %q: letters, digits, - and _ only", name)
	}
	return ""
}

func plain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// checkFilters tells why filters cannot be granted.
func checkFilters(filters []string) string {
	if len(filters) == 0 || len(filters) > MaxFilters {
		return fmt.Sprintf("%d filters, want 1 to %d", len(filters), MaxFilters)
	}
	for i, f := range filters {
		if why := checkFilter(f); why != "" {
			return fmt.Sprintf("filter %q: %s", f, why)
		}
		for _, before := range filters[:i] {
			if overlap(before, f) {
				return fmt.Sprintf("filters %q and %q overlap: what matches both would be given twice", before, f)
			}
		}
	}
	return ""
}

// factTokens is how many tokens every fact's subject has.
const factTokens = 7

func checkFilter(f string) string {
	if len(f) > events.MaxSubjectBytes {
		return fmt.Sprintf("longer than %d bytes", events.MaxSubjectBytes)
	}
	if !strings.HasPrefix(f, filterRoot) {
		return "want one inside slipway.event.>"
	}
	tokens := strings.Split(f, ".")
	for i, t := range tokens {
		last := i == len(tokens)-1
		switch {
		case t == "" || strings.ContainsAny(t, " \t\r\n"):
			return "a word of it is empty or holds a space"
		case t == ">" && !last, t != ">" && t != "*" && strings.ContainsAny(t, "*>"):
			return "* and > stand for whole words, > only at the end"
		}
	}
	if more := tokens[len(tokens)-1] == ">"; len(tokens) > factTokens || !more && len(tokens) != factTokens {
		return "no fact matches: want slipway.event.<app>.<owner>.<place>.<entity>.<happened>"
	}
	return ""
}

// overlap tells whether a subject can match both filters.
func overlap(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; ; i++ {
		switch {
		case i == len(x) || i == len(y):
			return len(x) == len(y)
		case x[i] == ">" || y[i] == ">":
			return true
		case x[i] != y[i] && x[i] != "*" && y[i] != "*":
			return false
		}
	}
}

func sortedFilters(filters []string) []string { return slices.Sorted(slices.Values(filters)) }

// Check tells why an integration could never be granted, whoever else there is; "" if
// it could.
func Check(w events.WishIntegrationDeclared) string {
	_, why := impossible(w)
	return why
}

// impossible tells the same, with the refusal's word.
func impossible(w events.WishIntegrationDeclared) (cause, why string) {
	if why := checkName(w.Consumer); why != "" {
		return "name", why
	}
	if w.Publisher != "" {
		if why := checkName(w.Publisher); why != "" {
			return "name", "publisher: " + why
		}
	}
	if why := checkFilters(w.Filters); why != "" {
		return "filter", why
	}
	return "", ""
}
