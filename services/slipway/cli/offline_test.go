package cli_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"slipway.dev/services/slipway/e2e"
)

// TestOffline runs the verbs that need no cluster, and those that miss one, as a
// person does.
func TestOffline(t *testing.T) {
	binary := e2e.Binary(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"refusing": func(ts *testscript.TestScript, _ bool, _ []string) {
				listens(ts, true, "-ERR 'Authorization Violation'")
			},
			"silent": func(ts *testscript.TestScript, _ bool, _ []string) { listens(ts, false, "PONG") },
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(binary)+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, ".config"))
			return nil
		},
	})
}

// listens is a NATS server that answers a connection so, and then lets no other word
// follow, as one does that knows no leader. It sets NATS_URL.
func listens(ts *testscript.TestScript, auth bool, word string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv("NATS_URL", "nats://"+l.Addr().String())
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answers(c, auth, word)
		}
	}()
}

func answers(c net.Conn, auth bool, word string) {
	defer c.Close()
	fmt.Fprintf(c, `INFO {"server_id":"test","version":"2.15.2","proto":1,"headers":true,"auth_required":%t,"max_payload":1048576}`+"\r\n", auth)
	for in := bufio.NewScanner(c); in.Scan(); {
		if in.Text() != "PING" { // CONNECT stands before it
			continue
		}
		fmt.Fprint(c, word+"\r\n")
		if auth {
			return
		}
	}
}
