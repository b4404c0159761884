package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/natscontext"
)

// aimed is a command as it must be typed to reach the cluster that this verb asked: with
// the context's name where one without a flag would reach another.
func (e *Env) aimed(command string) string {
	name := e.elsewhere()
	if name == "" {
		return command
	}
	all := strings.Split(command, " && ")
	for i, one := range all {
		words, comment, _ := strings.Cut(one, commentGap)
		if !e.asksCluster(words) {
			continue
		}
		if all[i] = words + " -c " + name; comment != "" {
			all[i] += commentGap + comment
		}
	}
	return strings.Join(all, " && ")
}

// commentGap stands between a command and what is said of it.
const commentGap = "   ("

// elsewhere is the context in use where a verb without a flag would use another; empty:
// it would use the same.
func (e *Env) elsewhere() string {
	if e.Context == "" {
		return ""
	}
	usual, err := natscontext.Resolve(natscontext.Choice{Getenv: e.Getenv})
	if name := natscontext.Full(e.Context); err != nil || usual.Name != name {
		return natscontext.Context{Name: name}.Short()
	}
	return ""
}

// asksCluster tells whether a command is one of ours that looks for a cluster and names
// none.
func (e *Env) asksCluster(command string) bool {
	words := strings.Fields(command)
	if len(words) < 2 || words[0] != "slipway" || e.root == nil {
		return false
	}
	for _, w := range words {
		if w == "-c" || w == "--context" || w == "--help" || w == "--nats" || strings.HasPrefix(w, "--context=") {
			return false
		}
	}
	verb, _, err := e.root.Find(words[1:])
	return err == nil && asks(verb)
}

// asks tells whether a verb reads of a cluster or wishes something of it.
func asks(verb *cobra.Command) bool {
	what := verb.Annotations[impact]
	return what == "read" || what == "wish"
}

// aim makes the commands of a fault reach the cluster that this verb asked.
func (e *Env) aim(f *fault.Fault) *fault.Fault {
	if f != nil {
		f.Commands(e.aimed)
	}
	return f
}
