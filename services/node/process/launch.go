package process

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"slipway.dev/services/node/driver"
)

// streams are a workload's outputs, in the order of their file descriptors from 1.
var streams = [...]string{"stdout", "stderr"}

// launch starts the workload in a process group of its own and tells where in each log its output begins.
func (k *keeper) launch() (pid int, from map[string]int64, err error) {
	path, done, err := openExecutable(k.order)
	if err != nil {
		return 0, nil, err
	}
	defer done()
	files := []uintptr{}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, nil, err
	}
	defer null.Close()
	files = append(files, null.Fd())
	from = map[string]int64{}
	for _, s := range streams {
		log, size, err := openLog(k.folder.log(s), k.order.User)
		if err != nil {
			return 0, nil, fmt.Errorf("open log of %s: %w", s, err)
		}
		defer log.Close()
		files, from[s] = append(files, log.Fd()), size
	}
	pid, err = fork(path, k.order.Args, &syscall.ProcAttr{Dir: k.order.Dir, Env: k.order.Env, Files: files, Sys: k.attributes()})
	if err != nil {
		return 0, nil, &driver.Fault{Reason: "start " + k.order.Args[0] + ": " + err.Error(), Unmendable: hopeless(err)}
	}
	return pid, from, nil
}

func (k *keeper) attributes() *syscall.SysProcAttr {
	sys := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if u := k.order.User; u != nil {
		sys.Credential = &syscall.Credential{Uid: u.UID, Gid: u.GID}
	}
	return sys
}

// fork tries again while the file is "busy": a process forked at the wrong instant holds the file that was just written
// open for writing until it executes something else.
func fork(path string, argv []string, attr *syscall.ProcAttr) (pid int, err error) {
	for range 20 {
		pid, err = syscall.ForkExec(path, argv, attr)
		if !errors.Is(err, syscall.ETXTBSY) {
			return pid, err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return 0, err
}

// hopeless: the same file will not start the next time either.
func hopeless(err error) bool {
	for _, e := range []error{syscall.ENOENT, syscall.EACCES, syscall.ENOEXEC, syscall.ENOTDIR, syscall.EISDIR, syscall.ELOOP} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// openExecutable verifies the executable and returns the path to execute. A binary of the artifact is executed through the
// very file that was hashed, /proc/self/fd/N, so nothing can be put in its place in between (tried: works, also with the
// descriptor closing on exec, so the workload does not inherit it; the price is that its short command name reads "N", its
// argument list is as it should be). A script is executed by its name in the working directory: its interpreter opens the
// file again, by then the descriptor is closed, and many a script looks for its neighbours beside $0.
func openExecutable(o *order) (path string, done func(), err error) {
	if o.SHA256 == "" {
		return o.Path, func() {}, nil
	}
	file, err := os.Open(o.Path)
	if err != nil {
		return "", nil, &driver.Fault{Reason: driver.ReasonAbsent, Err: err}
	}
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		file.Close()
		return "", nil, fmt.Errorf("hash %s: %w", o.Path, err)
	}
	if hex.EncodeToString(h.Sum(nil)) != o.SHA256 {
		file.Close()
		return "", nil, &driver.Fault{Reason: driver.ReasonDigestDiffers, Unmendable: true}
	}
	magic := make([]byte, 4)
	if _, err := file.ReadAt(magic, 0); err != nil || string(magic) != "\x7fELF" {
		file.Close()
		return o.Link, func() {}, nil
	}
	return "/proc/self/fd/" + strconv.Itoa(int(file.Fd())), func() { file.Close() }, nil
}

// openLog opens for appending: every write goes to the end, so the file may be truncated under the writer. The user owns
// it, because programs that log to /dev/stdout open it again.
func openLog(path string, user *account) (file *os.File, size int64, err error) {
	file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		return nil, 0, err
	}
	if err := file.Chown(user.owner()); err != nil {
		file.Close()
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// enter turns this process into a command inside the instance: same environment, directory, user and limits. It returns
// only if that fails.
func enter(f folder, path string, argv []string) int {
	o, err := readJSON[order](f.path("order.json"))
	if err == nil {
		err = os.Chdir(o.Dir)
	}
	if err == nil {
		_, err = confine(o.Files)
	}
	if err == nil && o.User != nil {
		err = errors.Join(syscall.Setgroups(nil), syscall.Setgid(int(o.User.GID)), syscall.Setuid(int(o.User.UID)))
	}
	if err == nil {
		err = unix.Exec(path, argv, o.Env)
	}
	fmt.Fprintf(os.Stderr, "run %s: %v\n", argv[0], err)
	return 126
}
