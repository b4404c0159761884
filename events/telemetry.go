package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Types of what SLIPWAY_TELEMETRY carries.
const (
	TypeSamples = "dev.slipway.samples.recorded.v1"
	TypeLoad    = "dev.slipway.load.measured.v1"
)

// Telemetry is one message of SLIPWAY_TELEMETRY: a CloudEvent that is hearsay, so it
// has no guard, no ordinal and no place in the catalogue.
type Telemetry struct {
	ID      string          // also the message's Nats-Msg-Id
	Source  string          // /slipway/node/<n>, /slipway/gateway/<gw>, /slipway/<service>
	Type    string          // TypeSamples, TypeLoad
	Subject string          // node/n1, gateway/gw1-a, web/7
	Time    time.Time       // of recording, by the speaker's clock
	Data    json.RawMessage // Samples or Load
}

type telemetryBody struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Subject     string          `json:"subject"`
	Time        time.Time       `json:"time"`
	ContentType string          `json:"datacontenttype"`
	Data        json.RawMessage `json:"data"`
}

// EncodeTelemetry writes a message's body: structured JSON.
func EncodeTelemetry(t Telemetry) ([]byte, error) {
	return json.Marshal(telemetryBody{"1.0", t.ID, t.Source, t.Type, t.Subject, t.Time.UTC(), "application/json", t.Data})
}

// ParseTelemetry reads a message's body. Data is checked by who decodes it.
func ParseTelemetry(body []byte) (Telemetry, error) {
	var b telemetryBody
	if err := json.Unmarshal(body, &b); err != nil {
		return Telemetry{}, fmt.Errorf("read telemetry: %w", err)
	}
	if b.SpecVersion != "1.0" || b.ID == "" || b.Source == "" || b.Type == "" || len(b.Data) == 0 {
		return Telemetry{}, errors.New("read telemetry: specversion, id, source, type or data is missing")
	}
	return Telemetry{b.ID, b.Source, b.Type, b.Subject, b.Time, b.Data}, nil
}

// Decode reads the data by the message's type: Samples or Load. A batch of samples is
// checked as a whole.
func (t Telemetry) Decode() (any, error) {
	switch t.Type {
	case TypeSamples:
		var s Samples
		if err := json.Unmarshal(t.Data, &s); err != nil {
			return nil, fmt.Errorf("read samples %s: %w", t.ID, err)
		}
		if err := s.Check(); err != nil {
			return nil, fmt.Errorf("read samples %s: %w", t.ID, err)
		}
		return s, nil
	case TypeLoad:
		var l Load
		if err := json.Unmarshal(t.Data, &l); err != nil {
			return nil, fmt.Errorf("read load %s: %w", t.ID, err)
		}
		return l, nil
	}
	return nil, fmt.Errorf("read telemetry %s: unknown type %q", t.ID, t.Type)
}

// SamplesSubject is where samples of a node, gateway, service or ext publisher are said.
func SamplesSubject(kind, name string) string {
	return "slipway.telemetry." + token(kind) + "." + token(name) + ".samples"
}

// LoadSubject is where the load windows of an app are said.
func LoadSubject(app string) string { return "slipway.telemetry.metrics.load." + token(app) }
