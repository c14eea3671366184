package process

// Detailed is a result that tells more than its ending; exploration shows a child's results by these words.
type Detailed interface{ Detail() string }

// Returning is the process with other example results, for a parent that knows what this one child may come to.
func (p *Process[In, Out]) Returning(results ...Out) *Process[In, Out] {
	of := *p
	of.results = results
	return &of
}
