package events

import "fmt"

// Unreadable tells why an event cannot be read, or must not be written because
// nobody could read it.
type Unreadable struct {
	Attribute string // the CloudEvents attribute at fault; "body" or "subject" of the bus
	Why       string // in an operator's words
}

// Error names the attribute and the reason.
func (u *Unreadable) Error() string { return "unreadable event: " + u.Attribute + ": " + u.Why }

func unreadable(attribute, format string, args ...any) *Unreadable {
	return &Unreadable{Attribute: attribute, Why: fmt.Sprintf(format, args...)}
}

const disagree = "subject and envelope disagree"
