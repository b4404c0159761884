package doctor

import "fmt"

// Results of a check.
const (
	OK   = "ok"
	Warn = "warn"
	Fail = "fail"
	Skip = "skip"
)

// Check is one item of DoctorList.
type Check struct {
	Check  string `json:"check"`
	Result string `json:"result"` // ok, warn, fail, skip
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
	TookMs int64  `json:"tookMs"`
}

// Name is the check's.
func (c Check) Name() string { return c.Check }

// Totals are the numbers beside the items.
type Totals struct {
	Failed int `json:"failed"`
	Warned int `json:"warned"`
}

// Count counts what is not well.
func Count(all []Check) (t Totals) {
	for _, c := range all {
		switch c.Result {
		case Fail:
			t.Failed++
		case Warn:
			t.Warned++
		}
	}
	return t
}

func ok(format string, args ...any) Check {
	return Check{Result: OK, Detail: fmt.Sprintf(format, args...)}
}

func warn(fix, format string, args ...any) Check {
	return Check{Result: Warn, Fix: fix, Detail: fmt.Sprintf(format, args...)}
}

func fail(fix, format string, args ...any) Check {
	return Check{Result: Fail, Fix: fix, Detail: fmt.Sprintf(format, args...)}
}

func skip(format string, args ...any) Check {
	return Check{Result: Skip, Detail: fmt.Sprintf(format, args...)}
}
