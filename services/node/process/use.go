package process

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"slipway.dev/services/node/driver"
)

// useLead is how long before the agent's tick, on the whole driver.UseEvery, a keeper begins to look: its own clock turns
// each sampleEvery, so it has written by then, and each tick finds a record that is newer by one period.
const useLead = 2 * sampleEvery

// slotOf numbers the periods.
func slotOf(now time.Time) int64 { return now.Add(useLead).UnixNano() / int64(driver.UseEvery) }

// useBytes is the length of a record: try, processor time, memory, time and their checksum.
const useBytes = 4*8 + 4

// useLog is the file in which a keeper tells what its workload uses. It is written in place, not replaced: a file renamed
// over another every few seconds makes a disk work for what is worth nothing after the next record.
type useLog struct {
	mu     sync.Mutex
	ledger *ledger
	base   time.Duration // of the tries before
	last   driver.Use
	file   *os.File // nil: none could be opened, nothing is told
}

// openUse goes on from what the tries before have used.
func openUse(f folder, try int) *useLog {
	u := &useLog{ledger: newLedger(), last: driver.Use{Try: try}}
	if before, err := readUse(f); err == nil {
		u.base, u.last.CPU = before.CPU, before.CPU
	}
	file, err := os.OpenFile(f.path("use"), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return u
	}
	u.file = file
	return u
}

// known are the processes of the look before.
func (u *useLog) known() []identity {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.ledger.order
}

// note takes a look down, and tells it.
func (u *useLog) note(tree []reading, root stat, memory int64, tell bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.last.CPU, u.last.MemoryBytes, u.last.At = u.base+u.ledger.fold(tree, root), memory, time.Now()
	if tell {
		u.write()
	}
}

// close tells the sum once all of the workload has ended.
func (u *useLog) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if self, err := readStat(os.Getpid()); err == nil {
		u.last.CPU, u.last.MemoryBytes, u.last.At = u.base+u.ledger.fold(nil, self), 0, time.Now()
	}
	u.write()
	if u.file != nil {
		u.file.Close()
		u.file = nil
	}
}

func (u *useLog) write() {
	if u.file == nil {
		return
	}
	if _, err := u.file.WriteAt(encodeUse(u.last), 0); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func encodeUse(u driver.Use) []byte {
	b := make([]byte, 0, useBytes)
	for _, n := range []int64{int64(u.Try), int64(u.CPU), u.MemoryBytes, u.At.UnixNano()} {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// readUse refuses half a record: the next one is read a period later.
func readUse(f folder) (u driver.Use, err error) {
	file, err := os.Open(f.path("use"))
	if err != nil {
		return u, err
	}
	defer file.Close()
	var b [useBytes]byte
	if _, err := io.ReadFull(file, b[:]); err != nil {
		return u, fmt.Errorf("read %s: %w: %w", file.Name(), errTorn, err)
	}
	if crc32.ChecksumIEEE(b[:useBytes-4]) != binary.LittleEndian.Uint32(b[useBytes-4:]) {
		return u, fmt.Errorf("read %s: %w", file.Name(), errTorn)
	}
	at := func(i int) int64 { return int64(binary.LittleEndian.Uint64(b[8*i:])) }
	return driver.Use{Try: int(at(0)), CPU: time.Duration(at(1)), MemoryBytes: at(2), At: time.Unix(0, at(3))}, nil
}

var _ driver.Meter = (*Driver)(nil)

// Use reads what the instance's keeper told last.
func (d *Driver) Use(id string) (driver.Use, error) {
	if err := named(id); err != nil {
		return driver.Use{}, err
	}
	u, err := readUse(d.folder(id))
	if errors.Is(err, fs.ErrNotExist) {
		return u, driver.ErrUnknown
	}
	return u, err
}
