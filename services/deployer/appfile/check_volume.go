package appfile

import (
	"fmt"
	"path"
	"strings"

	"slipway.dev/events"
)

const maxVolumes = 16

func (c *checker) volumes() {
	if len(c.doc.Volumes) > maxVolumes {
		c.refuse(OutOfRange, []string{"volumes"}, fmt.Sprintf("at most %d volumes", maxVolumes))
	}
	for _, name := range sortedKeys(c.doc.Volumes) {
		v, at := c.doc.Volumes[name], []string{"volumes", name}
		if !nameShape.MatchString(name) {
			c.refuse(OutOfRange, at, "a volume's name "+nameRule)
		}
		c.within(v.SizeBytes, span{1, maxSize, formatBytes}, below(at, "size")...)
		c.word(v.Access, "volumes", name, "access")
		if !inside(v.Path) || path.Clean(v.Path) == "." {
			c.refuseText(OutOfRange, below(at, "path"), "must be a path below the work folder", v.Path)
			continue
		}
		c.apart(name, v)
		if v.Access == events.VolumeSingle {
			c.single(name)
		}
	}
}

// apart: what lies at or below a volume's path is the volume's alone.
func (c *checker) apart(name string, v events.SpecVolume) {
	at := []string{"volumes", name, "path"}
	for _, other := range sortedKeys(c.doc.Volumes) {
		if o := c.doc.Volumes[other]; other != name && covers(o.Path, v.Path) && (other < name || !covers(v.Path, o.Path)) {
			c.refuseText(Exclusive, at, fmt.Sprintf("volumes %s and %s exclude one another: one lies within the other", other, name), v.Path)
		}
	}
	for i, f := range c.doc.Files {
		if covers(v.Path, f.Path) || covers(f.Path, v.Path) {
			c.refuseText(Exclusive, at, fmt.Sprintf("volumes.%s and files[%d] exclude one another: one lies within the other", name, i), v.Path)
		}
	}
}

// covers tells whether path b is a or lies below it.
func covers(a, b string) bool {
	a, b = path.Clean(a), path.Clean(b)
	return a == b || strings.HasPrefix(b, a+"/")
}

// single: one instance at a time.
func (c *checker) single(name string) {
	at := []string{"volumes", name, "access"}
	words := "replicas and access single exclude one another: one instance at a time has the volume; use shared, or scratch"
	switch {
	case c.doc.PerNode:
		c.refuseText(Exclusive, at, words, "replicas: per-node")
	case c.doc.Replicas > 1:
		c.refuseText(Exclusive, at, words, fmt.Sprintf("replicas: %d", c.doc.Replicas))
	}
	if c.doc.Deploy.Strategy == events.BlueGreen {
		c.refuse(Exclusive, []string{"deploy", "strategy"},
			fmt.Sprintf("blue-green and volumes.%s.access single exclude one another: both sets would run at once; use rolling or recreate", name))
	}
}
