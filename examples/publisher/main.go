// Command publisher says one event of a service of your own: a CloudEvent under
// slipway.ext.<publisher>. Said twice with the same id, it is stored once.
//
//	go run ./examples/publisher -publisher shop -topic orders.placed -id o-1 -data '{"order":1}'
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
)

// patience is how long the bus may take to say that it has the event.
const patience = 5 * time.Second

func main() {
	publisher := flag.String("publisher", "shop", "who says it")
	topic := flag.String("topic", "orders.placed", "what is said, words with dots between")
	id := flag.String("id", rand.Text(), "id of the event; the same again within two minutes is not stored again")
	data := flag.String("data", `{}`, "what it says, JSON")
	flag.Parse()
	if err := publish(*publisher, *topic, *id, json.RawMessage(*data)); err != nil {
		log.Fatal(err)
	}
}

// publish says one event and waits until it is stored.
func publish(publisher, topic, id string, data json.RawMessage) error {
	body, err := event(publisher, topic, id, data)
	if err != nil {
		return err
	}
	nc, err := nats.Connect(cmp.Or(os.Getenv("NATS_URL"), nats.DefaultURL))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m := nats.NewMsg(events.ExtSubject(publisher, strings.Split(topic, ".")...))
	m.Data = body
	m.Header.Set("content-type", "application/cloudevents+json")
	ack, err := js.PublishMsg(ctx, m, jetstream.WithMsgID(id))
	if err != nil {
		return fmt.Errorf("publish %s: %w", m.Subject, err)
	}
	fmt.Printf("%s #%d %s, stored before: %v\n", ack.Stream, ack.Sequence, m.Subject, ack.Duplicate)
	return nil
}

// event is what is said as a CloudEvent. Its type is yours: any word but one of ours.
func event(publisher, topic, id string, data json.RawMessage) ([]byte, error) {
	if !json.Valid(data) {
		return nil, fmt.Errorf("data %q is no JSON", data)
	}
	return events.Encode(events.Event{
		ID: id, Source: "/" + publisher, Kind: events.Kind{Entity: publisher + "." + topic},
		Subject: id, Time: time.Now().UTC(), Raw: data,
	})
}
