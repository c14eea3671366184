package process

import (
	"encoding/json"
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"
)

// Pick is Into for the payloads that wanted agrees to, the earliest first. The others stay in the inbox for whoever waits
// for them later, whenever they came. While exploring, only the examples that wanted agrees to can happen.
func (s Signal[T]) Pick(target *T, wanted func(T) bool) Case {
	c := s.Into(target)
	at := -1
	c.ready = func(st *state) bool {
		at = slices.IndexFunc(st.inbox[s.name], func(d Delivery) bool {
			var payload T
			return json.Unmarshal(d.Data, &payload) != nil || wanted(payload) // what does not decode is noted by take
		})
		return at >= 0
	}
	c.take = func(_ workflow.Context, st *state) error {
		picked := st.inbox[s.name][at]
		st.inbox[s.name] = slices.Delete(slices.Clone(st.inbox[s.name]), at, at+1)
		var payload T
		if err := json.Unmarshal(picked.Data, &payload); err != nil {
			return fmt.Errorf("signal %s: the payload is not a %T", s.name, payload)
		}
		*target = payload
		return nil
	}
	c.possible = func(i int) bool { return wanted(s.examples[i].Value) }
	return c
}
