package bus

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"slipway.dev/events"
)

const (
	snapshotHead     = "head"
	maxSnapshotPart  = 900 << 10 // compressed; a larger fold uses more parts
	maxSnapshotPlain = 64 << 20  // a part never unpacks to more
	headsKept        = 2
)

// ErrNoSnapshot says that there is no snapshot, or none that is whole: fold from 1.
var ErrNoSnapshot = errors.New("no whole snapshot")

// snapshot is what the head's message holds: where the parts are, and the caller's
// own head.
type snapshot struct {
	Parts map[string]snapshotPart `json:"parts"`
	Head  []byte                  `json:"head"`
}

type snapshotPart struct {
	Seq    uint64 `json:"seq"`
	SHA256 string `json:"sha256"` // of the message's body
}

// SaveSnapshot keeps a service's fold: its parts, and last its head, so that a crash
// in between leaves the former snapshot. head is the caller's: position, stream
// created, fold version, guards.
func (b *Bus) SaveSnapshot(ctx context.Context, service string, parts map[string][]byte, head []byte) error {
	s := snapshot{Parts: make(map[string]snapshotPart, len(parts)), Head: head}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		packed, err := pack(parts[name])
		if err != nil {
			return fmt.Errorf("save snapshot %s/%s: %w", service, name, err)
		}
		seq, err := b.saveMessage(ctx, events.SnapshotSubject(service, name), packed)
		if err != nil {
			return fmt.Errorf("save snapshot %s/%s: %w", service, name, err)
		}
		s.Parts[name] = snapshotPart{Seq: seq, SHA256: sum(packed)}
	}
	body, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("save snapshot %s: %w", service, err)
	}
	if _, err := b.saveMessage(ctx, events.SnapshotSubject(service, snapshotHead), body); err != nil {
		return fmt.Errorf("save snapshot %s: %w", service, err)
	}
	return nil
}

func (b *Bus) saveMessage(ctx context.Context, subject string, body []byte) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, apiWait)
	defer cancel()
	m := nats.NewMsg(subject)
	m.Data = body
	m.Header.Set(headerStream, events.StreamSnapshots)
	ack, err := b.js.PublishMsg(ctx, m)
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// LoadSnapshot returns the newest snapshot that is whole, else ErrNoSnapshot.
func (b *Bus) LoadSnapshot(ctx context.Context, service string) (parts map[string][]byte, head []byte, err error) {
	heads, err := b.heads(ctx, service)
	if err != nil {
		return nil, nil, fmt.Errorf("load snapshot %s: %w", service, err)
	}
	why := ErrNoSnapshot
	for _, s := range slices.Backward(heads) {
		parts, err := b.snapshotParts(ctx, s)
		if err == nil {
			return parts, s.Head, nil
		}
		if ctx.Err() != nil {
			return nil, nil, fmt.Errorf("load snapshot %s: %w", service, ctx.Err())
		}
		why = fmt.Errorf("%w: %w", ErrNoSnapshot, err)
	}
	return nil, nil, fmt.Errorf("load snapshot %s: %w", service, why)
}

// heads are the heads kept, the newest last.
func (b *Bus) heads(ctx context.Context, service string) (heads []snapshot, err error) {
	ctx, cancel := context.WithTimeout(ctx, apiWait)
	defer cancel()
	batch, err := jetstreamext.GetBatch(ctx, b.js, events.StreamSnapshots, headsKept,
		jetstreamext.GetBatchSubject(events.SnapshotSubject(service, snapshotHead)))
	if err != nil {
		return nil, err
	}
	for m, err := range batch {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return heads, nil
		}
		if err != nil {
			return nil, err
		}
		var s snapshot
		if json.Unmarshal(m.Data, &s) == nil { // an unreadable head is one snapshot fewer
			heads = append(heads, s)
		}
	}
	return heads, nil
}

// snapshotParts fetches and verifies the parts of a head, all or none.
func (b *Bus) snapshotParts(ctx context.Context, s snapshot) (map[string][]byte, error) {
	stream, err := b.js.Stream(ctx, events.StreamSnapshots)
	if err != nil {
		return nil, err
	}
	parts := make(map[string][]byte, len(s.Parts))
	for name, p := range s.Parts {
		if parts[name], err = snapshotBytes(ctx, stream, p); err != nil {
			return nil, fmt.Errorf("part %s: %w", name, err)
		}
	}
	return parts, nil
}

func snapshotBytes(ctx context.Context, stream jetstream.Stream, p snapshotPart) ([]byte, error) {
	m, err := stream.GetMsg(ctx, p.Seq)
	if err != nil {
		return nil, err
	}
	if sum(m.Data) != p.SHA256 {
		return nil, fmt.Errorf("message %d is not the one that was saved", p.Seq)
	}
	return unpack(m.Data)
}

func pack(plain []byte) ([]byte, error) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if buf.Len() > maxSnapshotPart {
		return nil, fmt.Errorf("%d bytes compressed: want at most %d, use more parts", buf.Len(), maxSnapshotPart)
	}
	return buf.Bytes(), nil
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxSnapshotPlain+1))
	if err == nil && len(plain) > maxSnapshotPlain {
		err = fmt.Errorf("unpacks to more than %d bytes", maxSnapshotPlain)
	}
	return plain, err
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
