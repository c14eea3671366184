package main

import (
	"time"

	"github.com/perdura/perdura/analytics/match"
)

// result is what linking one file gave.
type result struct {
	set        *dataset
	candidates int // pairs that met in a block
	found      int // true pairs among them
	same       tally
	review     tally // with pairs for review counted as links
	elapsed    time.Duration
	comparing  time.Duration
	passes     map[string]*pass
	wrong      []pair
	missed     []pair

	background backgroundResult
}

// tally counts the links of one reading of the verdicts.
type tally struct{ right, wrong, pairs int }

func (t tally) precision() float64 { return ratio(t.right, t.right+t.wrong) }
func (t tally) recall() float64    { return ratio(t.right, t.pairs) }
func (t tally) f1() float64        { return ratio(2*t.right, t.right+t.wrong+t.pairs) }

// ratio answers 1 for 0/0: nothing to find and nothing found is no error.
func ratio(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

// pass is what one kind of blocking key found.
type pass struct{ candidates, found, unread int }

// pair is two records by their line in the file.
type pair struct {
	first, second int
	verdict       match.Verdict
}

// link adds the records one by one, as leads arrive, each meeting those before it.
func link(set *dataset, opts options) *result {
	r := &result{set: set, passes: make(map[string]*pass)}
	r.same.pairs, r.review.pairs = set.pairs, set.pairs
	crowd := countBackground(set, opts)
	index := make(map[match.Key][]int)
	started := time.Now()
	for i, record := range set.records {
		keys := record.Keys()
		met := make(map[int]bool)
		for _, key := range keys {
			block := index[key]
			p := r.passes[key.Kind]
			if p == nil {
				p = &pass{}
				r.passes[key.Kind] = p
			}
			if len(block)+crowd.size[key] > opts.cap {
				p.unread++
				continue
			}
			for _, j := range block {
				met[j] = true
				p.candidates++
				if set.entity[i] == set.entity[j] {
					p.found++
				}
			}
		}
		compareStarted := time.Now()
		for j := range met {
			r.judge(pair{first: j, second: i, verdict: record.Compare(set.records[j])})
		}
		r.comparing += time.Since(compareStarted)
		if opts.show > 0 {
			r.unmet(i, met)
		}
		for _, key := range keys {
			index[key] = append(index[key], i)
		}
	}
	r.elapsed = time.Since(started)
	r.background = crowd.compare(set, opts)
	r.same.wrong += r.background.same
	r.review.wrong += r.background.same + r.background.review
	return r
}

func (r *result) judge(p pair) {
	r.candidates++
	linked, shown := p.verdict.Class == match.Same, p.verdict.Class != match.Different
	truly := r.set.entity[p.first] == r.set.entity[p.second]
	if truly {
		r.found++
	}
	switch {
	case linked && truly:
		r.same.right++
	case linked:
		r.same.wrong++
		r.wrong = append(r.wrong, p)
	case truly:
		r.missed = append(r.missed, p)
	}
	switch {
	case shown && truly:
		r.review.right++
	case shown:
		r.review.wrong++
	}
}

// unmet notes the true duplicates of record i that no block brought.
func (r *result) unmet(i int, met map[int]bool) {
	for j := range i {
		if !met[j] && r.set.entity[i] == r.set.entity[j] {
			r.missed = append(r.missed, pair{first: j, second: i})
		}
	}
}
