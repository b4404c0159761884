package bus

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"slipway.dev/events"
)

const (
	objectDedup  = 2 * time.Minute // the server's own default; chunks carry no message id
	objectChunks = 16              // chunks of 128 KiB asked for at once
	digestPrefix = "sha256:"       // a name of this form is the digest of what it names
	libraryHash  = "SHA-256="      // how the client library writes a digest
)

// ErrNoObject says that the artifact store holds nothing of that name.
var ErrNoObject = errors.New("no such object")

// PutObject keeps an artifact under a name, best "sha256:<hex>". What is there
// already, by digest and size, is not sent again. An artifact whose bytes do not
// match its name, or whose size is not as said (-1: not said), is taken back.
func (b *Bus) PutObject(ctx context.Context, name string, from io.Reader, size int64) error {
	store, err := b.js.ObjectStore(ctx, events.ObjectStore)
	if err != nil {
		return fmt.Errorf("open object store: %w", err)
	}
	if there, err := store.GetInfo(ctx, name); err == nil && asNamed(there, size) {
		return nil
	}
	info, err := store.Put(ctx, jetstream.ObjectMeta{Name: name}, from)
	if err != nil {
		return fmt.Errorf("put object %s: %w", name, err)
	}
	if named := strings.HasPrefix(name, digestPrefix); named && !asNamed(info, size) || size >= 0 && info.Size != uint64(size) {
		err := fmt.Errorf("put object %s: got %d bytes with %s", name, info.Size, hexDigest(info.Digest))
		return errors.Join(err, store.Delete(ctx, name))
	}
	return nil
}

// asNamed tells whether an object's digest is its name and its size as said.
func asNamed(info *jetstream.ObjectInfo, size int64) bool {
	return hexDigest(info.Digest) == info.Name && (size < 0 || info.Size == uint64(size))
}

// hexDigest turns the library's base64 into the form artifacts are named by.
func hexDigest(library string) string {
	sum, err := base64.URLEncoding.DecodeString(strings.TrimPrefix(library, libraryHash))
	if err != nil {
		return ""
	}
	return digestPrefix + hex.EncodeToString(sum)
}

// GetObject opens an artifact. The reader fails at its end when the bytes do not
// match the digest kept beside them, so nothing may be run before io.EOF. Chunks
// come by direct batch gets: the library's own Get makes a push consumer, which no
// node is allowed.
func (b *Bus) GetObject(ctx context.Context, name string) (io.ReadCloser, error) {
	store, err := b.js.ObjectStore(ctx, events.ObjectStore)
	if err != nil {
		return nil, fmt.Errorf("open object store: %w", err)
	}
	info, err := store.GetInfo(ctx, name)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrNoObject, name)
	}
	if err != nil {
		return nil, fmt.Errorf("get object %s: %w", name, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	return &object{b: b, ctx: ctx, cancel: cancel, info: info, left: int64(info.Size), next: 1, sum: sha256.New(),
		chunks: "$O." + events.ObjectStore + ".C." + info.NUID}, nil
}

// DeleteObject removes an artifact; one that is not there is no error.
func (b *Bus) DeleteObject(ctx context.Context, name string) error {
	store, err := b.js.ObjectStore(ctx, events.ObjectStore)
	if err != nil {
		return fmt.Errorf("open object store: %w", err)
	}
	if err := store.Delete(ctx, name); err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) {
		return fmt.Errorf("delete object %s: %w", name, err)
	}
	return nil
}

// object reads one artifact, a few chunks at a time.
type object struct {
	b      *Bus
	ctx    context.Context
	cancel context.CancelFunc
	info   *jetstream.ObjectInfo
	chunks string // their subject
	next   uint64 // sequence to ask from
	left   int64  // bytes not fetched yet
	buf    []byte
	sum    hash.Hash
}

func (o *object) Close() error { o.cancel(); return nil }

func (o *object) Read(p []byte) (int, error) {
	for len(o.buf) == 0 {
		if o.left <= 0 {
			return 0, o.end()
		}
		if err := o.fetch(); err != nil {
			return 0, fmt.Errorf("get object %s: %w", o.info.Name, err)
		}
	}
	n := copy(p, o.buf)
	o.buf = o.buf[n:]
	return n, nil
}

func (o *object) fetch() error {
	ctx, cancel := context.WithTimeout(o.ctx, apiWait)
	defer cancel()
	batch, err := jetstreamext.GetBatch(ctx, o.b.js, objectStream, objectChunks,
		jetstreamext.GetBatchSeq(o.next), jetstreamext.GetBatchSubject(o.chunks))
	if err != nil {
		return err
	}
	for m, err := range batch {
		if err != nil {
			return err
		}
		o.next = m.Sequence + 1
		o.left -= int64(len(m.Data))
		o.buf = append(o.buf, m.Data...)
		o.sum.Write(m.Data)
	}
	return nil
}

func (o *object) end() error {
	if got := libraryHash + base64.URLEncoding.EncodeToString(o.sum.Sum(nil)); got != o.info.Digest {
		return fmt.Errorf("get object %s: damaged: %s, want %s", o.info.Name, hexDigest(got), hexDigest(o.info.Digest))
	}
	return io.EOF
}
