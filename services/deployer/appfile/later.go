package appfile

import "slices"

// What the app file knows but this version does not build. It is refused by name:
// a field that is ignored is worse than one that is missing.
var later = map[string][]string{
	"": {
		"image", "registry", "signature", "entrypoint", "secrets", "scale", "quota", "bus",
		"access", "isolation", "metrics",
	},
	"ports.*": {"access"},
}

// laterWords are the words of a field that later versions take.
var laterWords = map[string][]string{
	"driver":      {"docker"},
	"ports.*.tls": {"secret"},
}

func laterFields(pattern string) []string { return later[pattern] }

// laterValue is the word of a later version that n is, or whose mapping it is
// ({hash: …}, {secret: …}).
func laterValue(n *node, path []string) (string, bool) {
	_, _, pattern, _ := typeAt(path)
	word := n.raw
	if n.kind == mapping && len(n.fields) > 0 {
		word = n.fields[0].key
	}
	return word, slices.Contains(laterWords[pattern], word)
}
