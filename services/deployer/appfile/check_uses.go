package appfile

import "fmt"

const maxUses = 32 // apps an app calls

// uses: names of apps, each once. Whether they are declared only the deployer knows.
func (c *checker) uses() {
	if len(c.doc.Uses) > maxUses {
		c.refuse(OutOfRange, []string{"uses"}, fmt.Sprintf("at most %d apps", maxUses))
	}
	first := map[string]int{}
	for i, app := range c.doc.Uses {
		at := []string{"uses", fmt.Sprint(i)}
		if !nameShape.MatchString(app) {
			c.refuseText(OutOfRange, at, "an app's name "+nameRule, app)
		}
		if j, twice := first[app]; twice {
			c.refuseText(Exclusive, at, fmt.Sprintf("uses[%d] is the same app", j), app)
			continue
		}
		first[app] = i
	}
}
