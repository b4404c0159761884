package appfile

import (
	"strings"
	"testing"
)

func TestSettingsStandForWhatTheFileSays(t *testing.T) {
	apps, errs := ParseSet("app.yaml", []byte(minimal), nil, []Setting{
		"replicas=4", "version=2.4", "env.GREETING=a=b", "deploy.rolling.surge=50%", "ports.http.strip=true", "stop.drain=1s",
	})
	if len(errs) > 0 {
		t.Fatal(Render(errs))
	}
	d := apps[0].Document
	if d.Replicas != 4 || d.Version != "2.4" || d.Env["GREETING"] != "a=b" || d.Deploy.Rolling.Surge.ShareBp != 5000 ||
		!d.Ports["http"].Strip || d.Stop.DrainMs != 1000 || d.Ports["http"].Hosts[0] != "hello.localhost" {
		t.Errorf("%+v", d)
	}
}

func TestAMistakeInASettingIsShownInIt(t *testing.T) {
	_, errs := ParseSet("app.yaml", []byte(minimal+"drift: no\n"), nil, []Setting{"deploy.strategy=cannary", "stop.drain=30", "name.x=1", "oops"})
	want := `--set:1:1 must be PATH=VALUE, such as replicas=3 [SLW-F003]
  > 1 | oops
      | ^
--set:1:1 name.x: nothing stands there that could be set [SLW-F002]
  > 1 | name.x=1
      | ^
--set:1:12 stop.drain: needs a unit: ms, s, m, h or d, such as 30s (got 30) [SLW-F008]
  > 1 | stop.drain=30
      |            ^
--set:1:17 deploy.strategy: must be one of recreate, rolling, blue-green, canary (got "cannary"; did you mean "canary"?) [SLW-F004]
  > 1 | deploy.strategy=cannary
      |                 ^
app.yaml:5:8 drift: must be one of repair, report, ignore (got "no") [SLW-F004]
    3 | replicas: 2
    4 | ports: { http: { host: hello.localhost } }
  > 5 | drift: no
      |        ^
5 errors in app.yaml; nothing was sent
`
	if got := Render(errs); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWarnings(t *testing.T) {
	d := parseOne(t, minimal+`
env: { TOKEN: x8Kq2mZ0vT7rLp4WcY9eB1nA, URL: "https://prices.example.com/v1/list", WORDS: an-ordinary-sentence-of-words-2 }
health: { ready: { http: /up }, live: { http: /up } }
`).Document
	got := Warnings(d)
	if len(got) != 2 || !strings.HasPrefix(got[0], "env.TOKEN") || !strings.HasPrefix(got[1], "health.live") {
		t.Errorf("%q", got)
	}
	if got := Warnings(parseOne(t, everything).Document); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
