package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/wait"
)

// Truth are the streams that no other can be made from, in the order in which they
// are to be copied while others write. The log is first, so that what it rests on is
// in the copies behind it: a wish before the fact that answers it, an artifact before
// the release that runs it. Leases, samples and lines of output are forgotten anyway,
// and a snapshot is made anew.
var Truth = []string{events.StreamEvents, events.StreamWishes, events.StreamDead, events.StreamExt, objectStream}

const (
	copyChunk = 128 << 10        // bytes of one message of a copy, either way
	copyWait  = 30 * time.Second // between two of them; then the other side is gone
)

// StreamCopy says what the copy of a stream holds.
type StreamCopy struct {
	Stream   string                 `json:"stream"`
	Era      uint32                 `json:"era"`
	Config   jetstream.StreamConfig `json:"config"`
	Messages uint64                 `json:"messages"`
	First    uint64                 `json:"first"` // sequence of the first message kept
	Last     uint64                 `json:"last"`  // sequence stored last, kept or not
	Bytes    uint64                 `json:"bytes"` // in the store
}

// CopyStream writes a copy of a stream while others write to it: all it keeps up to
// the sequence stored last when the copy began, with sequences, times, headers and
// bytes as they are. ReadCopy reads it.
func (b *Bus) CopyStream(ctx context.Context, stream string, to io.Writer) (StreamCopy, error) {
	si, err := b.streamInfo(ctx, stream)
	if err != nil {
		return StreamCopy{}, err
	}
	inbox := b.nc.NewInbox()
	chunks, err := b.nc.SubscribeSync(inbox)
	if err != nil {
		return StreamCopy{}, fmt.Errorf("copy %s: %w", stream, err)
	}
	defer chunks.Unsubscribe()
	var begun struct {
		State struct {
			Messages uint64 `json:"messages"`
			First    uint64 `json:"first_seq"`
			Last     uint64 `json:"last_seq"`
			Bytes    uint64 `json:"bytes"`
		} `json:"state"`
	}
	ask := map[string]any{"deliver_subject": inbox, "no_consumers": true, "chunk_size": copyChunk}
	if err := b.manage(ctx, "SNAPSHOT", stream, ask, &begun); err != nil {
		return StreamCopy{}, fmt.Errorf("copy %s: %w", stream, err)
	}
	if err := receive(ctx, chunks, to); err != nil {
		return StreamCopy{}, fmt.Errorf("copy %s: %w", stream, err)
	}
	s := begun.State
	return StreamCopy{
		Stream: stream, Era: eraOf(si), Config: portable(si.Config),
		Messages: s.Messages, First: s.First, Last: s.Last, Bytes: s.Bytes,
	}, nil
}

// receive takes chunks until the empty one; the answer to each asks for more.
func receive(ctx context.Context, chunks *nats.Subscription, to io.Writer) error {
	for {
		one, cancel := context.WithTimeout(ctx, copyWait)
		m, err := chunks.NextMsgWithContext(one)
		cancel()
		if err != nil {
			return err
		}
		if len(m.Data) == 0 {
			if status := m.Header.Get("Status"); status != "" && status != "204" {
				return fmt.Errorf("the server gave up: %s %s", status, m.Header.Get("Description"))
			}
			return nil
		}
		if _, err := to.Write(m.Data); err != nil {
			return err
		}
		if m.Reply == "" {
			continue
		}
		if err := m.Respond(nil); err != nil {
			return err
		}
	}
}

// portable is a configuration without what the server added to it.
func portable(c jetstream.StreamConfig) jetstream.StreamConfig {
	c.Metadata = maps.Clone(c.Metadata)
	maps.DeleteFunc(c.Metadata, func(k, _ string) bool { return strings.HasPrefix(k, serverMeta) })
	return c
}

// Why a stream cannot be restored.
var (
	ErrThere   = errors.New("the stream is there")
	ErrNoStore = errors.New("the servers have not enough room for the stream")
)

// unrestored are the server's codes for it.
var unrestored = map[jetstream.ErrorCode]error{
	10130: ErrThere,
	10005: ErrNoStore, // no suitable peers for placement
	10047: ErrNoStore, // insufficient storage resources available
}

// RestoreStream makes a stream from its copy, on so many servers, in an era:
// ErrThere where one of its name is there, ErrNoStore where it does not fit.
func (b *Bus) RestoreStream(ctx context.Context, c StreamCopy, replicas int, era uint32, from io.Reader) error {
	cfg := portable(c.Config)
	cfg.Name, cfg.Replicas = c.Stream, replicas
	if cfg.Metadata == nil {
		cfg.Metadata = map[string]string{}
	}
	cfg.Metadata[metaEra] = strconv.FormatUint(uint64(era), 10)
	var begun struct {
		To string `json:"deliver_subject"`
	}
	ask := map[string]any{"config": cfg, "state": map[string]any{"messages": c.Messages, "first_seq": c.First, "last_seq": c.Last, "bytes": c.Bytes}}
	err := b.manage(ctx, "RESTORE", c.Stream, ask, &begun)
	if err == nil {
		err = b.send(ctx, begun.To, from)
	}
	if err != nil {
		return fmt.Errorf("restore %s: %w", c.Stream, restoreRefused(err))
	}
	return nil
}

// restoreRefused names why a server refuses to restore: some do when they are asked, some
// only when they have the copy.
func restoreRefused(err error) error {
	var api *jetstream.APIError
	if errors.As(err, &api) && unrestored[api.ErrorCode] != nil {
		return fmt.Errorf("%w: %w", unrestored[api.ErrorCode], err)
	}
	return err
}

// send gives the server a copy, a chunk at a time, then the empty one that ends it.
func (b *Bus) send(ctx context.Context, to string, from io.Reader) error {
	for chunk := make([]byte, copyChunk); ; {
		n, err := io.ReadFull(from, chunk)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		if n > 0 {
			if err := b.handOver(ctx, to, chunk[:n]); err != nil {
				return err
			}
		}
		if last {
			return b.handOver(ctx, to, nil)
		}
	}
}

func (b *Bus) handOver(ctx context.Context, to string, chunk []byte) error {
	ctx, cancel := context.WithTimeout(ctx, copyWait)
	defer cancel()
	m, err := b.request(ctx, to, chunk)
	if err != nil {
		return err
	}
	return refusal(m.Data)
}

// manage asks something of a stream of the server that leads it.
func (b *Bus) manage(ctx context.Context, what, stream string, ask, answer any) error {
	body, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, copyWait)
	defer cancel()
	m, err := b.request(ctx, "$JS.API.STREAM."+what+"."+stream, body)
	if err != nil {
		return err
	}
	if err := refusal(m.Data); err != nil {
		return err
	}
	return json.Unmarshal(m.Data, answer)
}

// listenAgain is between two tries to be heard.
const listenAgain = 50 * time.Millisecond

// request asks until somebody listens: in a cluster word of a server that has just begun
// to listen may still be on its way to ours. Who was not heard has done nothing.
func (b *Bus) request(ctx context.Context, subject string, body []byte) (*nats.Msg, error) {
	for {
		m, err := b.nc.RequestWithContext(ctx, subject, body)
		if !errors.Is(err, nats.ErrNoResponders) || !wait.For(ctx, listenAgain) {
			return m, err
		}
	}
}

// refusal is the error in an answer of the server, if there is one.
func refusal(answer []byte) error {
	if len(answer) == 0 {
		return nil
	}
	var got struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if got.Error != nil {
		return got.Error
	}
	return nil
}
