package main

import "time"

// Envelope is one event as it stands on the bus: CloudEvents 1.0, structured JSON.
type Envelope struct {
	// SpecVersion of CloudEvents.
	SpecVersion string `json:"specversion" jsonschema:"enum=1.0"`
	// ID of a fact is 32 hex digits, the hash of its guard and ordinal; that of a wish is its sender's.
	ID string `json:"id" jsonschema:"minLength=1,maxLength=128"`
	// Source is who speaks: /slipway/deployer, /slipway/node/n1.
	Source string `json:"source" jsonschema:"minLength=1,maxLength=512"`
	// Type is dev.slipway.<entity>.<happened>.v<N>, of a wish dev.slipway.wish.<entity>.<verb>.v<N>.
	Type string `json:"type" jsonschema:"minLength=1,maxLength=512"`
	// Subject is what it is about: web/7, n1/web-7-a1.
	Subject string `json:"subject" jsonschema:"minLength=1,maxLength=512"`
	// Time is when it was said by the speaker's clock, in UTC; it orders nothing.
	Time time.Time `json:"time"`
	// DataContentType of data; absent means the same.
	DataContentType string `json:"datacontenttype,omitempty" jsonschema:"enum=application/json"`
	// DataSchema names the schema of data; it is never fetched.
	DataSchema string `json:"dataschema,omitempty"`
	// Actor answers for it: person:alice, service:deployer, node:n1.
	Actor string `json:"actor,omitempty" jsonschema:"maxLength=256,pattern=^[^:]+:"`
	// CausationID is the id of the event that caused it; absent at the beginning of a chain.
	CausationID string `json:"causationid,omitempty" jsonschema:"minLength=1,maxLength=128"`
	// CorrelationID is the id of the first event of the chain.
	CorrelationID string `json:"correlationid,omitempty" jsonschema:"minLength=1,maxLength=128"`
	// Ordinal is the number of a fact under its guard, from 1, without a hole; a wish has none.
	Ordinal string `json:"ordinal,omitempty" jsonschema:"pattern=^[1-9][0-9]*$"`
	// Reason is why, in an operator's words, with numbers.
	Reason string `json:"reason,omitempty" jsonschema:"maxLength=512"`
	// TraceParent is the W3C trace context.
	TraceParent string `json:"traceparent,omitempty" jsonschema:"maxLength=256"`
	// Wish is the position of the wish this fact answers: era:seq.
	Wish string `json:"wish,omitempty" jsonschema:"pattern=^[1-9][0-9]*:[1-9][0-9]*$"`
	// Data is what was said, as the schema of the type has it.
	Data any `json:"data"`
}
