// Command consumer prints the releases of every app. Started again, it goes on behind
// the last one it printed; a crash between printing and keeping prints one twice.
//
//	go run ./examples/consumer -position releases.position
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
)

func main() {
	kept := flag.String("position", "releases.position", "file that keeps how far this has read")
	flag.Parse()
	ctx := context.Background()
	nc := must(nats.Connect(cmp.Or(os.Getenv("NATS_URL"), nats.DefaultURL), nats.MaxReconnects(-1)))
	stream := must(must(jetstream.New(nc)).Stream(ctx, events.StreamEvents))
	last := must(restore(*kept, stream.CachedInfo()))
	consumer := must(stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{events.Filter("", "", "", "release", "")}, // app, owner, place, entity, happened
		DeliverPolicy:  jetstream.DeliverByStartSequencePolicy, OptStartSeq: last.Seq + 1,
	}))
	for messages := must(consumer.Messages()); ; {
		m := must(messages.Next()) // waits; resumes by itself after an outage
		e, err := events.Parse(m.Subject(), m.Headers(), m.Data())
		if err == nil {
			err = e.Decode()
		}
		if err != nil {
			log.Print(err)
		} else if d, is := e.Data.(events.ReleasePromoted); is {
			fmt.Println(e.ID, e.Subject, "serves with", d.Available, "instances:", e.Reason)
		} else {
			fmt.Println(e.ID, e.Subject, e.Kind.Happened+":", e.Reason)
		}
		last.Seq = must(m.Metadata()).Sequence.Stream
		must(last, os.WriteFile(*kept, []byte(last.String()), 0o600))
	}
}
