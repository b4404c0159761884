package plane

import (
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"slipway.dev/services/slipway/fault"
)

// Names under which a process hands descriptors to its successor. All others are
// listening sockets.
const (
	nameHTTP  = "http"  // of the plain listener, also where systemd passes it
	nameHTTPS = "https" // of the TLS listener, likewise
	nameLock  = "lock"  // of the data folder's part: it is held as long as one of the two has it
	nameHeir  = "heir"  // a pipe on which the successor says that it serves
)

const firstInherited = 3 // after stdin, stdout and stderr: sd_listen_fds

// inherited is what systemd, or the predecessor, has passed: LISTEN_FDS and
// LISTEN_FDNAMES.
type inherited struct {
	sockets []socket
	lock    *os.File
	heir    *os.File // nil: no predecessor serves meanwhile
}

type socket struct {
	name     string
	listener net.Listener
}

// inherit takes the descriptors that were passed to this very process. The variables
// are taken away: nobody started from here is meant.
func inherit(getenv func(string) string) (in inherited, err error) {
	names, ok := passed(getenv)
	if !ok {
		return in, nil
	}
	for _, name := range []string{"LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"} {
		os.Unsetenv(name)
	}
	for i, name := range names {
		fd := firstInherited + i
		syscall.CloseOnExec(fd)
		if err := in.take(os.NewFile(uintptr(fd), name)); err != nil {
			in.close()
			return inherited{}, fault.New("SLW-U002", "LISTEN_FDS: descriptor %d, %q, is no socket that listens", fd, name).Because(err.Error())
		}
	}
	return in, nil
}

// passed are the names of the descriptors, in order, if they are for this process.
// A predecessor cannot know the pid beforehand and leaves it out.
func passed(getenv func(string) string) (names []string, ok bool) {
	n, err := strconv.Atoi(getenv("LISTEN_FDS"))
	pid := getenv("LISTEN_PID")
	if err != nil || n <= 0 || pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return nil, false
	}
	names = make([]string, n)
	copy(names, strings.Split(getenv("LISTEN_FDNAMES"), ":"))
	return names, true
}

func (in *inherited) take(f *os.File) error {
	switch f.Name() {
	case nameLock:
		in.lock = f
		return nil
	case nameHeir:
		in.heir = f
		return nil
	}
	l, err := net.FileListener(f) // its own copy, closed on exec
	f.Close()
	if err != nil {
		return err
	}
	in.sockets = append(in.sockets, socket{f.Name(), l})
	return nil
}

// plain is the socket of the plain listener: the one of that name, else the only one.
func (in *inherited) plain() net.Listener {
	if l := in.named(nameHTTP); l != nil {
		return l
	}
	if len(in.sockets) == 1 && in.sockets[0].name != nameHTTPS {
		return in.sockets[0].listener
	}
	return nil
}

func (in *inherited) named(name string) net.Listener {
	i := slices.IndexFunc(in.sockets, func(s socket) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return in.sockets[i].listener
}

func (in *inherited) close() {
	for _, s := range in.sockets {
		s.listener.Close()
	}
	for _, f := range []*os.File{in.lock, in.heir} {
		if f != nil {
			f.Close()
		}
	}
}
