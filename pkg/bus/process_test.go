package bus

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/rs/zerolog"
)

// serverVariable makes this test binary a server and nothing else.
const serverVariable = "SLIPWAY_TEST_SERVER"

// serve runs the server described until its standard input ends, as it does when
// the test that started it is gone.
func serve(described string) error {
	var o ServerOptions
	if err := json.Unmarshal([]byte(described), &o); err != nil {
		return err
	}
	o.Log = zerolog.New(os.Stderr).Level(zerolog.WarnLevel)
	s, err := StartServer(o)
	if err != nil {
		return err
	}
	io.Copy(io.Discard, os.Stdin)
	s.Shutdown()
	return nil
}

// processes are three servers, each a process of its own, every write on the disk.
type processes struct {
	options [3]ServerOptions
	running [3]*exec.Cmd
}

func startProcesses(t *testing.T) *processes {
	t.Helper()
	c := &processes{options: trioOptions(t)}
	for i := range c.options {
		c.options[i].NoSync = false
		c.start(t, i)
	}
	ensureTrio(t, c.connect(t, "provisioner"))
	return c
}

func (c *processes) start(t *testing.T, i int) {
	t.Helper()
	described, err := json.Marshal(c.options[i])
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s", serverVariable, described))
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	c.running[i] = cmd
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
}

func (c *processes) connect(t *testing.T, name string) *Bus {
	t.Helper()
	return connectTrio(t, c.options, name)
}

// end is SIGKILL.
func (c *processes) end(i int) { c.running[i].Process.Kill() }
