package main

import (
	"encoding/json"
	"testing"

	"slipway.dev/events"
)

func TestWhatIsSaidIsACloudEventOfOnesOwn(t *testing.T) {
	body, err := event("shop", "orders.placed", "o-1", json.RawMessage(`{"order":1}`))
	if err != nil {
		t.Fatal(err)
	}
	e, err := events.Scan(body)
	if err != nil {
		t.Fatal(err)
	}
	if e.ID != "o-1" || e.Source != "/shop" || e.Kind.Type() != "shop.orders.placed" || string(e.Raw) != `{"order":1}` {
		t.Errorf("%+v", e)
	}
	if _, err := event("shop", "orders.placed", "o-1", json.RawMessage(`{`)); err == nil {
		t.Error("half of the data is taken")
	}
}
