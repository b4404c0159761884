package appfile

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"slipway.dev/events"
)

const (
	maxErrorPage = 64 << 10
	maxRun       = 100 // failures in a row
	minOpenMs    = 1000
	maxOpenMs    = 600_000
	maxKeyName   = 64
)

// tokenShape is a header's or cookie's name: RFC 9110's token.
var tokenShape = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")

// traffic: how gateways treat the app's requests.
func (c *checker) traffic() {
	t := c.doc.TrafficPolicy
	c.balance(t.BalanceKey)
	c.sticky(c.doc.Deploy.Sticky)
	if len(t.ErrorPage) > maxErrorPage {
		c.refuse(OutOfRange, []string{"errorPage"}, "must be at most "+formatBytes(maxErrorPage))
	}
	if t.HostHeader != "" {
		c.word(t.HostHeader, "hostHeader")
	}
	if r := t.Retry; r != nil {
		for i, status := range r.Status {
			if status < http.StatusBadGateway || status > http.StatusGatewayTimeout {
				c.refuse(NotOneOf, []string{"retry", "status", fmt.Sprint(i)}, "must be 502, 503 or 504")
			}
		}
		c.within(int64(r.BudgetBp), span{1, 10_000, formatBp}, "retry", "budget")
	}
	if a := t.AccessLog; a != nil {
		c.within(int64(a.SampleBp), span{0, 10_000, formatSample}, "accessLog", "sample")
	}
	if b := t.Breaker; b != nil {
		c.within(int64(b.Failures), span{1, maxRun, formatCount}, "breaker", "failures")
		c.within(b.OpenMs, span{minOpenMs, maxOpenMs, formatMs}, "breaker", "open")
	}
}

func (c *checker) balance(k *events.BalanceKey) {
	at := []string{"balance"}
	rules := append(slices.Clip(balanceRules), events.BalanceHash)
	switch {
	case !slices.Contains(rules, c.doc.Balance):
		c.refuseText(NotOneOf, at, balanceRule, c.doc.Balance)
	case (c.doc.Balance == events.BalanceHash) != (k != nil):
		c.refuse(Exclusive, at, "a key goes with rule hash, and rule hash needs one")
	case k == nil:
	case !slices.Contains(hashedBy, k.By):
		c.refuseText(NotOneOf, at, balanceRule, k.By)
	case k.By == events.ByIP && k.Name != "":
		c.refuse(Exclusive, at, "hash ip and a name exclude one another")
	case k.By != events.ByIP && !tokenShape.MatchString(k.Name):
		c.refuseText(OutOfRange, at, "needs the name of a "+k.By, k.Name)
	}
}

func (c *checker) sticky(s *events.Sticky) {
	if s == nil {
		return
	}
	at := []string{"deploy", "sticky"}
	c.word(s.By, below(at, "by")...)
	if s.NoKey != "" {
		c.word(s.NoKey, below(at, "noKey")...)
	}
	switch {
	case s.By == events.ByHeader && s.Name == "":
		c.refuse(Missing, below(at, "name"), "needs the name of a header")
	case s.Name != "" && !tokenShape.MatchString(s.Name):
		c.refuseText(OutOfRange, below(at, "name"), fmt.Sprintf("must be a name of at most %d letters, digits and -", maxKeyName), s.Name)
	}
}

// formatBp writes basis points as the app file does.
func formatBp(bp int64) string {
	if bp%100 == 0 {
		return fmt.Sprintf("%d%%", bp/100)
	}
	return fmt.Sprintf("%.2f%%", float64(bp)/100)
}
