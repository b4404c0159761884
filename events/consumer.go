package events

import "slices"

// OfConsumer names a consumer of an integrator: what an integration is on the server.
type OfConsumer struct {
	Consumer string `json:"consumer"` // the integration's name
}

// About places what concerns a consumer: subject mybot.
func (o OfConsumer) About() About { return About{Place: o.Consumer, Subject: Beside(o.Consumer)} }

// ConsumerCreated says that a pull durable stands, and what it is given.
type ConsumerCreated struct {
	OfConsumer
	Stream        string   `json:"stream"`              // SLIPWAY_EVENTS …
	Filters       []string `json:"filters"`             // subjects it is given, sorted
	MaxAckPending int      `json:"maxAckPending"`       // messages that may wait for their ack at once
	BackOffMs     []int64  `json:"backOffMs"`           // waits before each delivery again
	IdleMs        int64    `json:"idleMs"`              // it is swept once nobody has asked for so long
	From          string   `json:"from"`                // era:seq of the first event it may be given
	Publisher     string   `json:"publisher,omitempty"` // slipway.ext.<publisher>.>, where it may speak; absent: nowhere
	Bearer        bool     `json:"bearer,omitempty"`    // for a client that cannot sign
}

// Same tells whether two consumers are given the same.
func (c ConsumerCreated) Same(o ConsumerCreated) bool {
	return c.Consumer == o.Consumer && c.Stream == o.Stream && c.Publisher == o.Publisher && c.Bearer == o.Bearer &&
		slices.Equal(c.Filters, o.Filters)
}

// ConsumerRemoved says that a consumer is no more.
type ConsumerRemoved struct {
	OfConsumer
	Cause string `json:"cause"` // withdrawn, idle
}

// ConsumerRefused says why an integration was not granted.
type ConsumerRefused struct {
	OfConsumer
	Cause string `json:"cause"` // name, filter, unchanged, unknown, limit, expired, busy
}

// WishIntegrationDeclared asks for a consumer.
type WishIntegrationDeclared struct {
	OfConsumer
	Filters   []string `json:"filters"`             // slipway.event.… subjects to be given
	Publisher string   `json:"publisher,omitempty"` // name below slipway.ext. it wants to speak under
	Bearer    bool     `json:"bearer,omitempty"`    // for a client that cannot sign
	FromStart bool     `json:"fromStart,omitempty"` // from the first event on; otherwise from now on
}

// WishIntegrationWithdrawn asks for a consumer's end.
type WishIntegrationWithdrawn struct {
	OfConsumer
	Message string `json:"message,omitempty"` // the person's words
}
