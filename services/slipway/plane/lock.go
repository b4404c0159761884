package plane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"slipway.dev/services/slipway/fault"
)

// locks hold the parts of a data folder that belong to this process. They end with
// the process, however it ends.
type locks []*os.File

// lock takes the named parts of a data folder, all or none; SLW-C006 with the pid of
// the owner if one is taken.
func lock(data string, parts ...string) (taken locks, err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fault.New("SLW-C010", "make data folder: %v", err)
	}
	for _, part := range parts {
		f, err := lockFile(filepath.Join(data, part+".lock"), data)
		if err != nil {
			taken.release()
			return nil, err
		}
		taken = append(taken, f)
	}
	return taken, nil
}

func lockFile(path, data string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.New("SLW-C010", "open data folder: %v", err)
	}
	if err = take(f); err == nil {
		err = own(f)
	}
	if err == nil {
		return f, nil
	}
	owner, _ := os.ReadFile(path)
	f.Close()
	if !errors.Is(err, unix.EWOULDBLOCK) {
		return nil, fmt.Errorf("lock %s: %v", path, err)
	}
	return nil, fault.New("SLW-C006", "data folder %s is in use by pid %s", data, strings.TrimSpace(string(owner)))
}

// A process that is killed while it starts another leaves its locks to that one, until
// it has become the program it is to be.
const (
	orphanWait = 500 * time.Millisecond
	orphanPace = 5 * time.Millisecond
)

// take locks a file at once, or as soon as a dead owner's child has let go of it.
func take(f *os.File) (err error) {
	for end := time.Now().Add(orphanWait); ; time.Sleep(orphanPace) {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) || ownerLives(f) || time.Now().After(end) {
			return err
		}
	}
}

// ownerLives tells whether the owner named in a lock file lives.
func ownerLives(f *os.File) bool {
	owner, err := os.ReadFile(f.Name())
	if err != nil {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(owner)))
	return err == nil && !errors.Is(unix.Kill(pid, 0), unix.ESRCH)
}

func own(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func (l locks) release() {
	for _, f := range l {
		f.Close()
	}
}
