package fault

import (
	"slices"
	"strings"
)

// Refusal is one reason of an owner for saying no: a word and a sentence.
type Refusal struct{ Word, Text string }

// refusals turns the words of refusals into codes. The order is that of the codes: of
// several reasons the first row here tells.
var refusals = []struct {
	code  string
	words []string
}{
	{"SLW-U002", []string{"name", "filter", "one-process"}},
	{"SLW-F005", []string{"invalid-spec"}},
	{"SLW-C009", []string{"log-full"}},
	{"SLW-D001", []string{"plan-stale"}},
	{"SLW-D002", []string{"never-fits", "no-driver", "port-taken", "volume-elsewhere", "quota"}},
	{"SLW-D003", []string{"image-unresolved", "artifact-missing"}},
	{"SLW-T001", []string{"host-taken", "port-taken"}},
	{"SLW-E001", []string{"secret-unknown", "unknown"}},
	{"SLW-Z004", []string{policyPrefix, "drills-off"}},
	{"SLW-D017", []string{"gone"}},
	{"SLW-D018", []string{
		"frozen", "none", "busy", "serving", "already", "live", "lost", "draining", "idle",
		"promotion-refused", "rollback-refused", "halt-refused", "resume-refused", "abort-refused", "retry-refused",
	}},
	{"SLW-M001", []string{"needs-store"}},
	{otherRefusal, []string{"expired", "limit"}},
}

const otherRefusal = "SLW-D019"

const policyPrefix = "policy-"

// CodeOf is the code of a refusal's word; that of any other refusal for one without a row.
func CodeOf(word string) string {
	code, _ := codeOf(word)
	return code
}

func codeOf(word string) (code string, rank int) {
	for i, r := range refusals {
		for _, w := range r.words {
			if w == word || w == policyPrefix && strings.HasPrefix(word, policyPrefix) {
				return r.code, i
			}
		}
	}
	return otherRefusal, len(refusals)
}

// Known tells whether a refusal's word has a row.
func Known(word string) bool {
	_, rank := codeOf(word)
	return rank < len(refusals)
}

// Refused makes a fault of an owner's refusal: all reasons are told, the code is that
// of the first in the table's order.
func Refused(what string, reasons []Refusal) *Fault {
	first, best := otherRefusal, len(refusals)+1
	var why []string
	for _, r := range reasons {
		if code, rank := codeOf(r.Word); rank < best {
			first, best = code, rank
		}
		if code, _ := codeOf(r.Word); plain(r.Word, code) {
			why = append(why, r.Text)
			continue
		}
		why = append(why, r.Word+": "+r.Text)
	}
	return New(first, "%s was refused", what).Because(why...)
}

// plain tells whether the sentence of a refusal says all that its word does.
func plain(word, code string) bool {
	return strings.HasSuffix(word, "-refused") || slices.Contains([]string{"SLW-U002", "SLW-E001", "SLW-D017", "SLW-D018"}, code)
}
