package natscontext

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	oracle "github.com/nats-io/jsm.go/natscontext"

	"slipway.dev/services/slipway/fault"
)

// env makes an environment whose configuration lies in a folder of the test.
func env(t *testing.T, more map[string]string) func(string) string {
	t.Helper()
	dir := t.TempDir()
	return func(name string) string {
		if name == "XDG_CONFIG_HOME" {
			return dir
		}
		return more[name]
	}
}

func code(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func TestTheNatsCommandLineReadsWhatWeWrite(t *testing.T) {
	h := HomeOf(env(t, nil))
	want := Context{Name: "slipway-dev", URL: "nats://127.0.0.1:4222", InboxPrefix: Inbox, Description: "here", Creds: "/abs/x.creds"}
	if err := h.Save(want); err != nil {
		t.Fatal(err)
	}
	c, err := oracle.NewFromFile(h.Path(want.Name))
	if err != nil {
		t.Fatal(err)
	}
	if c.ServerURL() != want.URL || c.InboxPrefix() != want.InboxPrefix || c.Description() != want.Description || c.Creds() != want.Creds {
		t.Errorf("read %s %s %s %s", c.ServerURL(), c.InboxPrefix(), c.Description(), c.Creds())
	}
	got, err := h.Load(want.Name)
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if info, _ := os.Stat(h.Path(want.Name)); info.Mode().Perm() != 0o600 {
		t.Errorf("file %v", info.Mode())
	}
	if info, _ := os.Stat(filepath.Dir(h.Path(want.Name))); info.Mode().Perm() != 0o700 {
		t.Errorf("folder %v", info.Mode())
	}
}

func TestWhichContextIsMeant(t *testing.T) {
	more := map[string]string{}
	getenv := env(t, more)
	h := HomeOf(getenv)
	resolve := func(flag string) (Context, error) { return Resolve(Choice{Flag: flag, Getenv: getenv}) }
	if _, err := resolve(""); code(err) != "SLW-C001" {
		t.Errorf("none: %v", err)
	}
	save := func(name string) {
		if err := h.Save(Context{Name: Full(name), URL: "nats://" + name + ":4222"}); err != nil {
			t.Fatal(err)
		}
	}
	save("dev")
	meant := func(what, flag, want string) {
		t.Helper()
		if c, err := resolve(flag); err != nil || c.Name != want {
			t.Errorf("%s: %q, %v, want %s", what, c.Name, err, want)
		}
	}
	meant("the only one", "", "slipway-dev")
	save("prod")
	if _, err := resolve(""); code(err) != "SLW-C002" || !slices.Equal(fault.Of(err).Why, []string{"there are: slipway-dev, slipway-prod"}) {
		t.Errorf("several: %v", err)
	}
	more["NATS_URL"] = "nats://elsewhere:4222"
	meant("NATS_URL", "", "nats://elsewhere:4222")
	more["NATS_CONTEXT"] = "slipway-prod"
	meant("NATS_CONTEXT before NATS_URL", "", "slipway-prod")
	if err := h.Choose("slipway-dev"); err != nil {
		t.Fatal(err)
	}
	meant("the person's choice", "", "slipway-dev")
	more["SLIPWAY_CONTEXT"] = "prod"
	meant("SLIPWAY_CONTEXT", "", "slipway-prod")
	meant("the flag, short", "dev", "slipway-dev")
	meant("the flag, whole", "slipway-dev", "slipway-dev")
	if _, err := resolve("nope"); code(err) != "SLW-C001" {
		t.Errorf("unknown: %v", err)
	}
}

func TestARemovedContextIsNotChosenAnyMore(t *testing.T) {
	h := HomeOf(env(t, nil))
	for _, err := range []error{h.Save(Context{Name: "slipway-x"}), h.Choose("slipway-x"), h.Remove("slipway-x")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if h.Chosen() != "" {
		t.Errorf("chosen is %q", h.Chosen())
	}
	if err := h.Remove("slipway-x"); code(err) != "SLW-C001" {
		t.Errorf("removed twice: %v", err)
	}
}

func TestANameIsNoPath(t *testing.T) {
	h := HomeOf(env(t, nil))
	for _, name := range []string{"slipway-../x", "slipway-a/b", "slipway-", ""} {
		if err := h.Save(Context{Name: name}); code(err) != "SLW-U002" {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAnUnreachableClusterIsToldWithinFiveSeconds(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, url := range []string{"nats://127.0.0.1:1", "nats://" + silent.Addr().String()} {
		began := time.Now()
		_, err := Connect(t.Context(), Context{Name: "slipway-x", URL: url})
		if code(err) != "SLW-C003" || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %v after %s", url, err, time.Since(began))
		}
	}
}
