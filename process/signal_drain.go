package process

import "go.temporal.io/sdk/workflow"

// Drain takes what has come of a signal and nobody has awaited yet, and returns how many there were: for a run that is
// about to look at everything anew, or to end, and for which several that came together are one reason. While exploring
// nothing has come.
func (s Signal[T]) Drain(ctx workflow.Context) int {
	st := stateOf(ctx)
	if st.explorer != nil {
		return 0
	}
	st.collect()
	n := len(st.inbox[s.name])
	delete(st.inbox, s.name)
	return n
}
