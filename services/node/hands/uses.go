package hands

import (
	"maps"
	"strconv"

	"slipway.dev/events"
)

// environment is the app's own variables, and where the apps are that it uses: at a
// port of this machine. What the app says itself wins.
func environment(s events.Spec) map[string]string {
	env := make(map[string]string, len(s.Uses)+len(s.Env))
	for _, app := range s.Uses {
		if port := s.MeshPorts[app]; port != 0 {
			env[events.MeshURL(app)] = "http://127.0.0.1:" + strconv.Itoa(port)
		}
	}
	maps.Copy(env, s.Env)
	return env
}
