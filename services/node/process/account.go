package process

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"

	"slipway.dev/services/node/driver"
)

// account is the user a workload runs as.
type account struct {
	UID uint32 `json:"uid"`
	GID uint32 `json:"gid"`
}

// lookupAccount resolves "name", "uid", "name:group" or "uid:gid"; nil for an empty name or the agent's own.
func lookupAccount(name string) (*account, error) {
	if name == "" {
		return nil, nil
	}
	a, err := parseAccount(name)
	if err != nil {
		return nil, &driver.Fault{Reason: fmt.Sprintf("user %s is not known here", name), Unmendable: true, Err: err}
	}
	if int(a.UID) == os.Geteuid() && int(a.GID) == os.Getegid() {
		return nil, nil
	}
	if os.Geteuid() != 0 {
		return nil, &driver.Fault{
			Reason:     fmt.Sprintf("user %s needs an agent that runs as root; leave out user, or start the agent as root", name),
			Unmendable: true,
		}
	}
	return a, nil
}

func parseAccount(name string) (*account, error) {
	name, group, _ := strings.Cut(name, ":")
	a := &account{}
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		a.UID, a.GID = uint32(n), uint32(n)
	} else if err := a.fill(name); err != nil {
		return nil, err
	}
	if group == "" {
		return a, nil
	}
	if n, err := strconv.ParseUint(group, 10, 32); err == nil {
		a.GID = uint32(n)
		return a, nil
	}
	g, err := user.LookupGroup(group)
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(g.Gid, 10, 32)
	a.GID = uint32(n)
	return a, err
}

func (a *account) fill(name string) error {
	u, err := user.Lookup(name)
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	a.UID, a.GID = uint32(uid), uint32(gid)
	return err
}

// owner is what chown takes; -1 leaves things as they are.
func (a *account) owner() (uid, gid int) {
	if a == nil {
		return -1, -1
	}
	return int(a.UID), int(a.GID)
}
