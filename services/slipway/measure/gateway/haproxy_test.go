package gateway

import (
	"fmt"
	"syscall"
)

const haproxyConf = `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 1s
  timeout client 75s
  timeout server 60s
  timeout http-keep-alive 75s
  option http-keep-alive
  option forwardfor
  http-reuse always
frontend way
  bind %s
  unique-id-format %%{+X}o\ %%ci:%%cp_%%Ts_%%rt
  unique-id-header X-Request-Id
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %%[req.hdr(host)]
  default_backend app
backend app
  server one %s pool-max-conn 512
`

func (p *process) haproxy() string {
	return p.write("haproxy.cfg", fmt.Sprintf(haproxyConf, p.address, p.backend))
}

func runHaproxy(p *process) { p.command(nil, "haproxy", "-W", "-f", p.haproxy()) }

func replaceHaproxy(p *process, backend string) error {
	p.backend = backend
	p.haproxy()
	return syscall.Kill(p.cmd.Process.Pid, syscall.SIGUSR2)
}
