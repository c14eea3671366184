package api

import "slices"

// table is the whole API. The order is that of the document's readers, not of routing.
func (s *Server) table() []*Operation {
	return slices.Concat(
		s.leadOperations(),
		s.importOperations(),
		s.reviewOperations(),
		s.contactOperations(),
		s.optInOperations(),
		s.processOperations(),
		s.runOperations(),
		s.eventOperations(),
		s.taskOperations(),
		s.absenceOperations(),
		s.taskRuleOperations(),
		s.approvalOperations(),
		s.commissionOperations(),
		s.lossOperations(),
		s.collectionOperations(),
		s.dealOperations(),
		s.calendarLinkOperations(),
		s.appointmentOperations(),
		s.slotOperations(),
		s.busyFeedOperations(),
		s.messageRequestOperations(),
		s.messageOperations(),
		s.templateOperations(),
		s.consentOperations(),
		s.suppressionOperations(),
		s.audienceOperations(),
		s.definitionOperations(),
		s.explainOperations(),
		s.conversationOperations(),
		s.webhookOperations(),
		s.trackingOperations(),
		s.surveyOperations(),
		s.couponOperations(),
		s.courseOperations(),
		s.enrolmentOperations(),
		s.contractOperations(),
		s.invoiceOperations(),
		s.accountOperations(),
		s.stripeOperations(),
		s.serviceOperations(),
	)
}
