package api

func (s *Server) busyFeedOperations() []*Operation { return nil }
