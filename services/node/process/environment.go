package process

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"slipway.dev/services/node/driver"
)

// searchPath is the search path every workload begins with. It is a constant, not the agent's: without one `#!/usr/bin/env` finds nothing.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment is everything a workload gets: the app's own variables, ours over them, and nothing of the agent's.
func environment(s driver.Spec, home string) []string {
	env := map[string]string{"PATH": searchPath, "HOME": home}
	maps.Copy(env, s.Env)
	env["SLIPWAY_APP"] = s.App
	env["SLIPWAY_RELEASE"] = strconv.Itoa(s.Release)
	env["SLIPWAY_VERSION"] = s.Version
	env["SLIPWAY_INSTANCE"] = s.ID
	env["SLIPWAY_NODE"] = s.Node
	for name, port := range s.Ports {
		env["PORT_"+strings.ReplaceAll(strings.ToUpper(name), "-", "_")] = strconv.Itoa(port)
	}
	if name := mainPort(s.Ports); name != "" {
		env["PORT"] = strconv.Itoa(s.Ports[name])
	}
	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

// mainPort is the one PORT means: http, else the first by name.
func mainPort(ports map[string]int) string {
	if _, ok := ports["http"]; ok {
		return "http"
	}
	if len(ports) == 0 {
		return ""
	}
	return slices.Min(slices.Collect(maps.Keys(ports)))
}
