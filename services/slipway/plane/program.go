package plane

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// program is how this process was started. Its path is found at the start: once the
// file is replaced, the kernel names the one that is no more.
type program struct {
	path string
	args []string
}

func thisProgram() (program, error) {
	running, err := os.Executable()
	if err != nil {
		return program{}, err
	}
	p := program{path: running, args: os.Args[1:]}
	typed, err := exec.LookPath(os.Args[0])
	if err != nil {
		return p, nil
	}
	if typed, err = filepath.Abs(typed); err == nil && sameFile(typed, running) {
		p.path = typed // it may be a link that will lead to the new version
	}
	return p, nil
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// as are the arguments with another --id.
func (p program) as(id string) (args []string) {
	for i := 0; i < len(p.args); i++ {
		switch arg := p.args[i]; {
		case arg == "--id":
			i++
		case strings.HasPrefix(arg, "--id="):
		default:
			args = append(args, arg)
		}
	}
	return append(args, "--id="+id)
}
