package appfile

import (
	"fmt"
	"math"
	"reflect"
	"regexp"

	"slipway.dev/events"
)

const (
	leastKeyLength  = 20  // shorter values are too often words
	leastKeyEntropy = 4.0 // bits for each character; words and paths stay below at this length
)

var (
	keyShape = regexp.MustCompile(`^[A-Za-z0-9+/=_-]+$`)
	hexShape = regexp.MustCompile(`^[0-9a-fA-F]{32,}$`) // at most 4 bits a character, so known by its shape
)

// Warnings are what is allowed and probably not meant, for the plan.
func Warnings(doc events.Document) []string {
	var all []string
	for _, name := range sortedKeys(doc.Env) {
		if looksLikeKey(doc.Env[name]) {
			all = append(all, fmt.Sprintf("env.%s looks like a key: env is not secret, every node may read it", name))
		}
	}
	for _, app := range doc.Uses {
		if name := events.MeshURL(app); doc.Env[name] != "" {
			all = append(all, fmt.Sprintf("env.%s is the app's own: it is not told where %s, which it uses, is reached", name, app))
		}
	}
	if live := doc.Health.Live; live != nil && sameQuestion(*live, doc.Health.Ready) {
		all = append(all, "health.live asks what health.ready asks, with the same fall: an instance is killed as soon as it is unready")
	}
	if doc.Spec().HasSingleVolume() && doc.Deploy.Rolling.Order == events.OrderStartFirst {
		all = append(all, "deploy.rolling.order start-first lets the old and the new instance use a volume of access single at once")
	}
	return all
}

func looksLikeKey(value string) bool {
	if len(value) < leastKeyLength || !keyShape.MatchString(value) {
		return false
	}
	return hexShape.MatchString(value) || entropy(value) >= leastKeyEntropy
}

// entropy of a text in bits for each byte.
func entropy(s string) float64 {
	counts, bits := map[byte]float64{}, 0.0
	for i := range len(s) {
		counts[s[i]]++
	}
	for _, n := range counts {
		p := n / float64(len(s))
		bits -= p * math.Log2(p)
	}
	return bits
}

func sameQuestion(a, b events.HealthCheck) bool {
	return a.Kind == b.Kind && a.Path == b.Path && a.Port == b.Port && a.Fall == b.Fall && reflect.DeepEqual(a.Command, b.Command)
}
