package gateway

import (
	"fmt"
	"syscall"
)

const nginxConf = `daemon off;
worker_processes 1;
pid %[1]s/pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  upstream app { server %[3]s; keepalive 512; keepalive_requests 1000000000; }
  server {
    listen %[2]s backlog=4096;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Request-Id $request_id;
    }
  }
}
`

func (p *process) nginx() string {
	return p.write("nginx.conf", fmt.Sprintf(nginxConf, p.dir, p.address, p.backend))
}

func runNginx(p *process) { p.command(nil, "nginx", "-e", "stderr", "-c", p.nginx()) }

func replaceNginx(p *process, backend string) error {
	p.backend = backend
	p.nginx()
	return syscall.Kill(p.cmd.Process.Pid, syscall.SIGHUP)
}
