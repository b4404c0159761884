package gateway

import (
	"fmt"
	"os/exec"
)

const caddyConf = `{
  "admin": {"listen": %q},
  "logging": {"logs": {"default": {"level": "ERROR"}}},
  "apps": {"http": {"servers": {"way": {
    "listen": [%q],
    "automatic_https": {"disable": true},
    "routes": [{"handle": [{
      "handler": "reverse_proxy",
      "headers": {"request": {"set": {"X-Request-Id": ["{http.request.uuid}"]}}},
      "transport": {"protocol": "http", "keep_alive": {"max_idle_conns_per_host": 512}},
      "upstreams": [{"dial": %q}]
    }]}]
  }}}}
}
`

func (p *process) caddy(admin string) string {
	return p.write("caddy.json", fmt.Sprintf(caddyConf, admin, p.address, p.backend))
}

func runCaddy(p *process) {
	admin := freeAddress(p.b)
	p.write("admin", admin)
	p.command([]string{"HOME=" + p.dir}, "caddy", "run", "--config", p.caddy(admin))
}

func replaceCaddy(p *process, backend string) error {
	p.backend = backend
	admin := p.read("admin")
	out, err := exec.Command("caddy", "reload", "--address", admin, "--config", p.caddy(admin)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("caddy reload: %w: %s", err, out)
	}
	return nil
}
