package records_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/perdura/perdura/activities/records"
)

// Two files with the same people and the same people by themselves, all at once: everybody is one contact with one lead
// to work on, and nobody waits for another in a circle.
func TestFilesAndSingleLeadsTogether(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 1000, 1000)
	rows, created, _, _ := fair(450)
	files := []records.Import{o.receive(rows), o.receive(rows)}
	var leads []records.Lead
	for _, row := range rows[:200] {
		leads = append(leads, o.submit(records.Submission{Email: row["email"], FirstName: row["first_name"], LastName: row["last_name"]}))
	}
	var wg sync.WaitGroup
	for _, file := range files {
		wg.Go(func() { o.importAll(file, false) })
	}
	wg.Go(func() {
		for _, lead := range leads {
			if checked, err := o.records.Check(as(lead, "check"), lead); err == nil && checked.Verdict == records.Complete {
				o.take(lead)
			}
		}
	})
	wg.Wait()
	require.Equal(t, created, value[int](o, `select count(*)::int from contacts`))
	require.Equal(t, created, value[int](o, `select count(*)::int from leads where status = 'captured'`))
	require.Equal(t, created, value[int](o, `select sum(open_leads)::int from representative_loads`))
	require.Equal(t, created, value[int](o, `select count(*)::int from tasks`))
}
