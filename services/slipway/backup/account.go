package backup

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Account is what somebody who reads a whole log finds. Two logs with equal accounts
// are equal, event by event.
type Account struct {
	Count      uint64 `json:"count"`      // events
	Unreadable uint64 `json:"unreadable"` // of them, letters that no participant could read either
	Odd        uint64 `json:"odd"`        // of them, whose id or ordinal does not recompute: said twice or forged
	SHA256     string `json:"sha256"`     // over sequence, time, subject, headers and body of each
}

// auditor reads a log from its first event on.
type auditor struct {
	Account
	cluster  events.ClusterFounded
	last     string // id of the last event that could be read
	ordinals map[string]uint64
	sum      hash.Hash
}

func newAuditor() *auditor { return &auditor{ordinals: map[string]uint64{}, sum: sha256.New()} }

// hear takes the next event. A log has no hole and begins with the founding of its
// cluster; all else is counted.
func (a *auditor) hear(m service.Message) error {
	if m.Pos.Seq != a.Count+1 {
		return fmt.Errorf("event %d follows event %d", m.Pos.Seq, a.Count)
	}
	a.Count++
	weigh(a.sum, m)
	e, err := events.Parse(m.Subject, m.Header, m.Body)
	if err == nil && a.Count == 1 {
		err = e.Decode()
		a.cluster, _ = e.Data.(events.ClusterFounded)
	}
	if a.Count == 1 && a.cluster.Cluster == "" {
		return fmt.Errorf("the log begins with %s (%v), not with the founding of a cluster", m.Subject, err)
	}
	if err != nil {
		a.Unreadable++
		return nil
	}
	guard := e.Guard()
	if e.Ordinal != a.ordinals[guard]+1 || e.ID != events.ID(guard, e.Ordinal) {
		a.Odd++
		return nil
	}
	a.ordinals[guard], a.last = e.Ordinal, e.ID
	return nil
}

// account is what was found.
func (a *auditor) account() Account {
	a.SHA256 = hex.EncodeToString(a.sum.Sum(nil))
	return a.Account
}

// weigh adds a message to a digest, each piece behind its length.
func weigh(to io.Writer, m service.Message) {
	number := func(n uint64) { _ = binary.Write(to, binary.BigEndian, n) } // a hash takes everything
	piece := func(b string) { number(uint64(len(b))); _, _ = io.WriteString(to, b) }
	number(m.Pos.Seq)
	number(uint64(m.Stored.UnixNano()))
	piece(m.Subject)
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		piece(name)
		for _, v := range m.Header[name] {
			piece(v)
		}
	}
	piece(string(m.Body))
}
