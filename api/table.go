package api

import "slices"

// table is the whole API. The order is that of the document's readers, not of routing.
func (s *Server) table() []*Operation {
	return slices.Concat(
		s.leadOperations(),
		s.importOperations(),
		s.reviewOperations(),
		s.contactOperations(),
		s.processOperations(),
		s.runOperations(),
		s.eventOperations(),
		s.taskOperations(),
		s.messageOperations(),
		s.serviceOperations(),
	)
}
