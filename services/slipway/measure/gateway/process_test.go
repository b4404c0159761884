package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const startWait = 20 * time.Second

// process is a contender under way.
type process struct {
	b       *testing.B
	of      *contender
	dir     string // its own, of configuration and scratch files
	address string // where it listens
	cmd     *exec.Cmd
	says    io.WriteCloser // its standard input
	hears   *bufio.Reader  // its standard output
	backend string
}

// command is a process pinned to its core.
func (p *process) command(env []string, words ...string) {
	p.b.Helper()
	p.cmd = exec.Command("taskset", append([]string{"-c", contenderCore}, words...)...)
	p.cmd.Dir, p.cmd.Env = p.dir, append(os.Environ(), append(env, "GOMAXPROCS=1")...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said, err := os.Create(filepath.Join(p.dir, "said"))
	must(p.b, err)
	p.cmd.Stderr = said
	p.says, err = p.cmd.StdinPipe()
	must(p.b, err)
	out, err := p.cmd.StdoutPipe()
	must(p.b, err)
	p.hears = bufio.NewReader(out)
	must(p.b, p.cmd.Start())
	p.b.Cleanup(func() { p.stop(); said.Close() })
	p.answers()
}

// answers waits until it takes connections.
func (p *process) answers() {
	p.b.Helper()
	for end := time.Now().Add(startWait); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", p.address); err == nil {
			c.Close()
			return
		}
	}
	p.b.Fatalf("%s does not answer: %s", p.of.name, p.read("said"))
}

func (p *process) stop() {
	if p.cmd.ProcessState == nil {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		_ = p.cmd.Wait()
	}
}

// told says a line and waits for "ok".
func (p *process) told(line string) error {
	if _, err := fmt.Fprintln(p.says, line); err != nil {
		return err
	}
	answer, err := p.hears.ReadString('\n')
	if err == nil && answer != "ok\n" {
		err = fmt.Errorf("%s says %s", p.of.name, answer)
	}
	return err
}

// write puts a file into its folder.
func (p *process) write(name, text string) string {
	p.b.Helper()
	path := filepath.Join(p.dir, name)
	must(p.b, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// tick is the unit of /proc/<pid>/stat: USER_HZ, 100 on every Linux.
const tick = 10 * time.Millisecond

// cpu is the processor time that its process group has used, of those who live.
func (p *process) cpu() (used time.Duration) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // gone
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) < 13 || fields[2] != strconv.Itoa(p.cmd.Process.Pid) {
			continue
		}
		for _, n := range fields[11:13] { // utime, stime
			t, _ := strconv.Atoi(n)
			used += time.Duration(t) * tick
		}
	}
	return used
}

func freeAddress(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	defer l.Close()
	return l.Addr().String()
}

func (p *process) read(name string) string {
	p.b.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	must(p.b, err)
	return string(text)
}
