package explore

import "github.com/perdura/perdura/process"

// T is the part of *testing.T that Test needs.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Test explores def and fails t with a list of what is wrong. It logs how many paths ran and what they covered, and
// returns the result, or nil when the options make no sense.
func Test(t T, def process.Definition, opts ...Option) *Result {
	t.Helper()
	r, err := Run(def, opts...)
	if err != nil {
		t.Errorf("%v", err)
		return nil
	}
	t.Logf("%s", r.Summary())
	for _, p := range r.Problems() {
		t.Errorf("process %s: %v", r.Process.Name, p)
	}
	return r
}
