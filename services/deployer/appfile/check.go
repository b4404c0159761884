package appfile

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"slipway.dev/events"
)

// Violation is a rule a document breaks, told in the app file's words.
type Violation struct {
	Code  Code   // OutOfRange, NotOneOf, Missing, Duplicate, Exclusive
	Field string // deploy.rolling.surge
	Text  string // what must be, and what was got

	path    []string
	message string // Text without what was got
	got     string
	quoted  bool
	allowed []string
}

// Refusal is a violation as the owner of a declaration refuses it.
func (v Violation) Refusal() events.Refusal {
	word := "invalid-spec"
	if v.Code == NeedsStore {
		word = "needs-store"
	}
	return events.Refusal{Code: word, Field: v.Field, Text: v.Text}
}

// Check tells every rule a resolved document breaks. The deployer applies it to each
// wish and refuses with invalid-spec, so a wish said by any client meets the same
// rules as a file. Nil is a document that is sound by itself.
func Check(doc events.Document) []Violation {
	c := checker{doc: doc}
	return c.check()
}

// maxDocumentBytes of a resolved app: app.declared restates it whole, within one event.
const maxDocumentBytes = 128 << 10

type checker struct {
	doc   events.Document
	local bool  // read from a file: the artifact is not hashed yet
	root  *node // the file's document; nil for a wish
	found []Violation

	anyStrategy bool // the file's strategy is none, so that nothing can be wrong for it
}

func (c *checker) check() []Violation {
	c.identity()
	c.program()
	c.environment()
	c.uses()
	c.files()
	c.ports()
	c.routes()
	c.traffic()
	c.volumes()
	c.capacity()
	c.health()
	c.stopping()
	c.placement()
	c.deploy()
	if body, err := json.Marshal(c.doc); err != nil || len(body) > maxDocumentBytes {
		c.refuse(OutOfRange, nil, fmt.Sprintf("the resolved app must be at most %s", formatBytes(maxDocumentBytes)))
	}
	return c.found
}

// refuse notes a broken rule.
func (c *checker) refuse(code Code, path []string, message string) {
	c.add(Violation{Code: code, path: path, message: message})
}

// refuseText notes a broken rule and the text that broke it.
func (c *checker) refuseText(code Code, path []string, message, got string) {
	c.add(Violation{Code: code, path: path, message: message, got: got, quoted: true})
}

func (c *checker) add(v Violation) {
	v.Field, v.Text = join(v.path), v.message
	switch {
	case v.quoted:
		v.Text += " (got " + strconv.Quote(clip(v.got)) + ")"
	case v.got != "":
		v.Text += " (got " + v.got + ")"
	}
	c.found = append(c.found, v)
}

// written says whether a file has the field, so that a zero in it is one that a
// person wrote.
func (c *checker) written(path []string) bool {
	if c.root == nil {
		return false
	}
	_, _, whole := c.root.at(path)
	return whole
}

// word demands one of a field's words.
func (c *checker) word(got string, path ...string) {
	_, f, _, _ := typeAt(path)
	allowed := oneOf(f)
	if !slices.Contains(allowed, got) {
		c.add(Violation{Code: NotOneOf, path: path, message: "must be " + oneOfWords(allowed), got: got, quoted: true, allowed: allowed})
	}
}

// span is a range and how its numbers are written.
type span struct {
	least, most int64
	write       func(int64) string
}

func (c *checker) within(got int64, s span, path ...string) {
	if got < s.least || got > s.most {
		c.add(Violation{Code: OutOfRange, path: path, got: s.write(got),
			message: "must be between " + s.write(s.least) + " and " + s.write(s.most)})
	}
}

// positive demands a limit that is more than nothing, or unlimited.
func (c *checker) positive(got, most int64, write func(int64) string, path ...string) {
	if got == events.Unlimited || got > 0 && got <= most {
		return
	}
	c.add(Violation{Code: OutOfRange, path: path, got: write(got),
		message: "must be more than 0 and at most " + write(most) + "; without a limit it is unlimited"})
}
