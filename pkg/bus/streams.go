package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
)

const (
	profileDev     = "dev"
	profileCluster = "cluster"
	devStore       = 2 << 30 // all file streams of a development machine together
	sizeStep       = 1 << 20 // sizes are whole mebibytes, one at least
	streamShape    = "1"     // version of what Streams declares
	objectStream   = "OBJ_" + events.ObjectStore
)

// Profile says how the streams are made.
type Profile struct {
	Name     string // dev, single, cluster
	StoreMax int64  // bytes of all file streams together; 0: dev 2 GiB, else as declared, never over half of the free disk
}

// Change is what Ensure did to one stream.
type Change struct {
	Stream  string
	Created bool
	Changes []string // "max_bytes 2147483648 -> 4294967296"
}

// Drift says that a stream is not as declared and has been left alone.
type Drift struct {
	Stream      string
	Differences []string
}

func (d *Drift) Error() string {
	return fmt.Sprintf("stream %s is not as declared: %s", d.Stream, strings.Join(d.Differences, "; "))
}

// Ensure makes the streams that are missing, changes what may be changed (more
// bytes, more replicas, words, the publishers of EXT) and refuses the rest with a
// *Drift for each such stream. Nothing is ever relaxed. What the server made of it
// is compared as well: a flag it has switched on by itself is a drift.
func (b *Bus) Ensure(ctx context.Context, p Profile) ([]Change, error) {
	if v := b.nc.ConnectedServerVersion(); older(v, oldestVersion) {
		return nil, fmt.Errorf("server %s: want %s or newer", v, oldestVersion)
	}
	var changes []Change
	var drifts error
	all := b.declared(p)
	have, err := b.sizes(ctx, all)
	if err != nil {
		return nil, fmt.Errorf("ask for the sizes of the streams: %w", err)
	}
	fit(all, have, p.StoreMax > 0, b.storeMax(p, fileBytes(all)))
	for _, want := range all {
		c, err := b.ensure(ctx, want, p.StoreMax > 0)
		var drift *Drift
		if errors.As(err, &drift) {
			drifts = errors.Join(drifts, err)
			continue
		}
		if err != nil {
			return changes, errors.Join(drifts, fmt.Errorf("ensure stream %s: %w", want.Name, err))
		}
		if c.Created || len(c.Changes) > 0 {
			changes = append(changes, c)
		}
	}
	return changes, drifts
}

func (b *Bus) ensure(ctx context.Context, want jetstream.StreamConfig, resize bool) (Change, error) {
	si, err := b.streamInfo(ctx, want.Name)
	if errors.Is(err, ErrNoStream) {
		s, err := b.js.CreateStream(ctx, want)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return b.ensure(ctx, want, resize) // somebody was first, and may have less disk
		}
		if err != nil {
			return Change{}, err
		}
		return Change{Stream: want.Name, Created: true}, refuse(want.Name, compare(want, s.CachedInfo().Config).all())
	}
	if err != nil {
		return Change{}, err
	}
	if err := whole(si); err != nil {
		return Change{}, err
	}
	inherit(&want, si.Config, resize)
	diff := compare(want, si.Config)
	if len(diff.refused) > 0 || len(diff.allowed) == 0 {
		return Change{}, refuse(want.Name, diff.refused)
	}
	s, err := b.js.UpdateStream(ctx, want)
	if err != nil {
		return Change{}, err
	}
	return Change{Stream: want.Name, Changes: diff.allowed}, refuse(want.Name, compare(want, s.CachedInfo().Config).all())
}

// inherit keeps of an existing stream what is not declared: its era, and its size
// until somebody asks for a larger one.
func inherit(want *jetstream.StreamConfig, have jetstream.StreamConfig, resize bool) {
	if era := have.Metadata[metaEra]; era != "" {
		want.Metadata[metaEra] = era
	}
	if !resize || want.MaxBytes < have.MaxBytes {
		want.MaxBytes = have.MaxBytes
	}
	want.Metadata = maps.Clone(want.Metadata)
	for k, v := range have.Metadata {
		if strings.HasPrefix(k, serverMeta) {
			want.Metadata[k] = v
		}
	}
}

// whole refuses a log from which something is missing.
func whole(si *jetstream.StreamInfo) error {
	if si.Config.Name != events.StreamEvents || si.State.FirstSeq <= 1 && si.State.NumDeleted == 0 {
		return nil
	}
	return refuse(si.Config.Name, []string{
		fmt.Sprintf("the log begins at %d and misses %d messages: restore it from a backup", si.State.FirstSeq, si.State.NumDeleted)})
}

func refuse(stream string, differences []string) error {
	if len(differences) == 0 {
		return nil
	}
	return &Drift{Stream: stream, Differences: differences}
}

// configs are the streams of a profile as a server that has none is asked for them.
func (b *Bus) configs(p Profile) []jetstream.StreamConfig {
	all := b.declared(p)
	fit(all, nil, false, b.storeMax(p, fileBytes(all)))
	return all
}

// declared are the streams of a profile at their full size.
func (b *Bus) declared(p Profile) []jetstream.StreamConfig {
	all := make([]jetstream.StreamConfig, 0, len(events.Streams)+1)
	for _, s := range events.Streams {
		all = append(all, config(s, p))
	}
	return append(all, objectConfig(p))
}

func config(s events.Stream, p Profile) jetstream.StreamConfig {
	c := jetstream.StreamConfig{
		Name:               s.Name,
		Description:        s.Description,
		Subjects:           s.Subjects,
		Retention:          jetstream.LimitsPolicy,
		Storage:            jetstream.FileStorage,
		Replicas:           1,
		Discard:            jetstream.DiscardOld,
		MaxAge:             s.MaxAge,
		MaxMsgs:            -1,
		MaxBytes:           s.MaxBytes,
		MaxMsgsPerSubject:  s.MaxPerSubject,
		MaxMsgSize:         s.MaxMsgBytes,
		MaxConsumers:       s.MaxConsumers,
		DenyDelete:         s.DenyDelete,
		DenyPurge:          s.DenyPurge,
		Duplicates:         s.DedupWindow,
		AllowAtomicPublish: s.AllowAtomic,
		AllowBatchPublish:  s.AllowBatch,
		AllowDirect:        s.AllowDirect,
		Metadata:           metadata(),
	}
	if s.Memory {
		c.Storage = jetstream.MemoryStorage
	}
	if s.DiscardNew {
		c.Discard = jetstream.DiscardNew
	}
	if p.Name == profileCluster {
		c.Replicas = s.Replicas
	}
	if p.Name == profileDev {
		c.MaxBytes = s.MaxBytesDev
	}
	if s.AsyncWrites && c.Replicas == 1 {
		c.PersistMode = jetstream.AsyncPersistMode
	}
	return c
}

// objectConfig is the stream under the object store, as the client library lays it out.
func objectConfig(p Profile) jetstream.StreamConfig {
	c := jetstream.StreamConfig{
		Name:              objectStream,
		Description:       "what is too large for the log, by digest",
		Subjects:          []string{"$O." + events.ObjectStore + ".C.>", "$O." + events.ObjectStore + ".M.>"},
		Retention:         jetstream.LimitsPolicy,
		Storage:           jetstream.FileStorage,
		Replicas:          1,
		Discard:           jetstream.DiscardNew,
		MaxMsgs:           -1,
		MaxBytes:          events.ObjectStoreBytes,
		MaxMsgsPerSubject: -1,
		MaxMsgSize:        -1,
		MaxConsumers:      -1,
		Duplicates:        objectDedup,
		AllowRollup:       true,
		AllowDirect:       true,
		Metadata:          metadata(),
	}
	switch p.Name {
	case profileCluster:
		c.Replicas = 3
	case profileDev:
		c.MaxBytes = events.ObjectStoreBytesDev
	}
	return c
}

func metadata() map[string]string {
	return map[string]string{metaVersion: streamShape, metaEra: strconv.Itoa(firstEra)}
}

// older compares two versions of three numbers.
func older(v, than string) bool {
	var a, b [3]int
	if n, _ := fmt.Sscanf(v, "%d.%d.%d", &a[0], &a[1], &a[2]); n < 3 {
		return true
	}
	fmt.Sscanf(than, "%d.%d.%d", &b[0], &b[1], &b[2])
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}
