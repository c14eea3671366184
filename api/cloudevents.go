package api

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/invopop/jsonschema"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

const (
	mediaEvent = "application/cloudevents+json"
	mediaBatch = "application/cloudevents-batch+json"
)

// CloudEvent is an event as CloudEvents 1.0 writes it in JSON (https://cloudevents.io, JSON format 1.0). Extension
// attributes are taken and not kept.
type CloudEvent struct {
	SpecVersion     string          `json:"specversion" jsonschema:"enum=1.0"`
	ID              string          `json:"id" jsonschema:"minLength=1,maxLength=256" jsonschema_description:"with source it names the event: a second one with the same two is a repeat"`
	Source          string          `json:"source" jsonschema:"minLength=1,maxLength=256,format=uri-reference,pattern=^\\S+$"`
	Type            string          `json:"type" jsonschema:"minLength=1,maxLength=200"`
	Subject         string          `json:"subject,omitempty" jsonschema:"minLength=1,maxLength=256" jsonschema_description:"an opaque id; events with the same subject are delivered in their order, those without one in any"`
	Time            *time.Time      `json:"time,omitempty"`
	DataContentType string          `json:"datacontenttype,omitempty" jsonschema:"pattern=^application/([a-z0-9.+-]+\\+)?json(;.*)?$,maxLength=100"`
	DataSchema      string          `json:"dataschema,omitempty" jsonschema:"minLength=1,maxLength=500,format=uri"`
	Data            json.RawMessage `json:"data,omitempty" jsonschema_description:"identifiers and words of the business only"`
}

// JSONSchemaExtend lets extension attributes in, by the rules of the specification.
func (CloudEvent) JSONSchemaExtend(s *jsonschema.Schema) {
	s.PatternProperties = map[string]*jsonschema.Schema{"^[a-z0-9]{1,20}$": {}}
	s.AdditionalProperties = jsonschema.FalseSchema
}

// CloudEventBatch is several events, taken whole or not at all.
type CloudEventBatch []CloudEvent

// JSONSchemaExtend bounds the batch.
func (CloudEventBatch) JSONSchemaExtend(s *jsonschema.Schema) {
	least, most := uint64(1), uint64(500)
	s.MinItems, s.MaxItems = &least, &most
}

// ownEvents are the event types of the product itself.
func ownEvents() []EventContract {
	return []EventContract{
		events.LeadSubmitted, events.LeadAmended, events.MergeDecided, events.LeadAssigned, events.ImportReceived,
		events.TaskAcknowledged, events.TaskStarted, events.TaskCompleted, events.TaskReassigned,
		events.TaskOpened, events.TaskCancelled, events.TaskChanged,
		events.QualityJudged, events.LeadSalesReady, events.NurtureDue, events.ContactConverted, events.CustomerAsleep,
		events.SaleCompleted, events.ServiceEnded,
		events.MessageEngaged, events.ContactOptedOut, events.ContactOptedIn, events.ContactReplied, events.SurveyAnswered,
		events.DeliveryDue, events.DeliveryMoved, events.OrderCancelled, events.OrderSentAgain,
		events.DeliveryConfirmed, events.EnrolmentBegun, events.EnrolmentChanged,
		events.ApprovalSeated, events.ApprovalDecided, events.ApprovalVoided, events.DealRefunded,
		events.DealOpened, events.DealAmended, events.DealClosing, events.DealWon, events.DealReopened, events.DealMoved, events.DealLost,
		events.DealClosed,
		events.CouponRedeemed, events.OptInAsked, events.OptInConfirmed, events.MessageRequested,
		events.ContractViewed, events.ContractSigned, events.ContractCountersigned, events.ContractDeclined, events.ContractExpired, events.ContractVoided,
		events.ContractCodeAsked,
		events.PaymentPageOpened,
		events.InvoiceIssued, events.InvoiceVoided, events.InvoiceDisputed, events.DisputeSettled, events.InvoiceCredited,
		events.PaymentReceived, events.PaymentRefunded, events.PromiseMade, events.DebtorBankrupt, events.DebtorSolvent,
		events.InvoiceBooked, events.InvoiceOverdue, events.InvoiceChanged, events.AccountChanged,
	}
}

// ownScopes name the scope that telling one of the product's own events needs besides events:write: what an event
// makes happen needs the same permission as the call that makes it happen.
var ownScopes = map[string]access.Action{
	events.LeadSubmitted.Name(): access.LeadsWrite, events.LeadAmended.Name(): access.LeadsWrite,
	events.LeadAssigned.Name(): access.LeadsWrite, events.MergeDecided.Name(): access.ReviewsWrite,
	events.ImportReceived.Name(): access.ImportsWrite, events.TaskAcknowledged.Name(): access.TasksWrite,
	events.TaskStarted.Name(): access.TasksWrite, events.TaskCompleted.Name(): access.TasksWrite, events.TaskReassigned.Name(): access.TasksWrite,
	events.QualityJudged.Name(): access.LeadsWrite, events.LeadSalesReady.Name(): access.LeadsWrite, events.NurtureDue.Name(): access.LeadsWrite,
	events.ContactConverted.Name(): access.ContactsWrite, events.CustomerAsleep.Name(): access.ContactsWrite,
	events.SaleCompleted.Name(): access.ContactsWrite, events.ServiceEnded.Name(): access.ContactsWrite,
	events.DeliveryDue.Name(): access.ContactsWrite, events.DeliveryMoved.Name(): access.ContactsWrite,
	events.OrderCancelled.Name(): access.ContactsWrite, events.OrderSentAgain.Name(): access.ContactsWrite,
	events.TaskOpened.Name(): access.TasksWrite, events.TaskCancelled.Name(): access.TasksWrite, events.TaskChanged.Name(): access.TasksWrite,
	events.DeliveryConfirmed.Name(): access.ContactsWrite,
	events.EnrolmentBegun.Name():    access.Admin, events.EnrolmentChanged.Name(): access.Admin,
	events.DealRefunded.Name():  access.CommissionsWrite,
	events.InvoiceIssued.Name(): access.BillingWrite, events.InvoiceVoided.Name(): access.BillingWrite, events.InvoiceDisputed.Name(): access.BillingWrite,
	events.DisputeSettled.Name(): access.BillingWrite, events.InvoiceCredited.Name(): access.BillingWrite, events.PaymentReceived.Name(): access.BillingWrite,
	events.PaymentRefunded.Name(): access.BillingWrite, events.PromiseMade.Name(): access.BillingWrite,
	events.DebtorBankrupt.Name(): access.BillingWrite, events.DebtorSolvent.Name(): access.BillingWrite,
	// What these tell stands in tables that an event does not write: only the house itself knows it.
	events.MessageEngaged.Name(): access.Admin, events.ContactOptedOut.Name(): access.Admin, events.ContactOptedIn.Name(): access.Admin,
	events.ApprovalSeated.Name(): access.Admin, events.ApprovalDecided.Name(): access.Admin, events.ApprovalVoided.Name(): access.Admin,
	events.ContactReplied.Name(): access.Admin, events.SurveyAnswered.Name(): access.Admin, events.CouponRedeemed.Name(): access.Admin,
	events.DealOpened.Name(): access.Admin, events.DealAmended.Name(): access.Admin, events.DealClosing.Name(): access.Admin,
	events.DealWon.Name(): access.Admin, events.DealReopened.Name(): access.Admin, events.DealMoved.Name(): access.Admin,
	events.DealLost.Name(): access.Admin, events.DealClosed.Name(): access.Admin,
	events.OptInAsked.Name(): access.Admin, events.OptInConfirmed.Name(): access.Admin, events.MessageRequested.Name(): access.Admin,
	events.ContractViewed.Name(): access.Admin, events.ContractSigned.Name(): access.Admin, events.ContractCountersigned.Name(): access.Admin,
	events.ContractDeclined.Name(): access.Admin, events.ContractExpired.Name(): access.Admin, events.ContractVoided.Name(): access.Admin,
	events.ContractCodeAsked.Name(): access.Admin, events.PaymentPageOpened.Name(): access.Admin,
	events.InvoiceBooked.Name(): access.Admin, events.InvoiceOverdue.Name(): access.Admin,
	events.InvoiceChanged.Name(): access.Admin, events.AccountChanged.Name(): access.Admin,
}

// reservedType begins the types of the events that speak to one process directly; they have calls of their own.
const reservedType = "perdura."

// checkEvent refuses what an event from outside may not say. prefix is its place in a batch, empty for a single one.
func (s *Server) checkEvent(c *Call, e CloudEvent, prefix string, data any) ([]problem.Field, error) {
	at := func(name string) string {
		if prefix == "" {
			return name
		}
		return prefix + "." + name
	}
	var fields []problem.Field
	if e.Source == inbox.OwnSource || strings.HasPrefix(e.Source, inbox.OwnSource+"/") {
		fields = append(fields, problem.Field{Field: at("source"), Message: "is reserved for Perdura itself"})
	}
	if strings.HasPrefix(e.Type, reservedType) {
		fields = append(fields, problem.Field{Field: at("type"), Message: "is reserved: start and signal processes under /v1/processes"})
	}
	if scope, own := ownScopes[e.Type]; own {
		if err := access.Authorize(c.Ctx(), c.Principal, scope, access.Resource{Kind: "events"}); err != nil {
			return nil, problem.Forbidden(fmt.Sprintf("To tell %s the API key needs the scope %s as well.", e.Type, scope))
		}
	}
	if kind, known := s.events[e.Type]; known {
		wrong := s.validators.Validate(s.shapes[kind.Data()], at("data"), data)
		if len(wrong) == 0 {
			if err := fits(e.Data, at("data"), kind.Data()); err != nil {
				return nil, err
			}
		}
		return append(fields, wrong...), nil
	}
	for _, d := range s.definitions {
		if _, err := d.On(e.Type, e.Data); err != nil {
			return append(fields, problem.Field{Field: at("data"), Message: "does not have the form that " + e.Type + " has for process " + d.Describe().Name}), nil
		}
	}
	return fields, nil
}

// inboxEvent is the event as it is kept.
func (e CloudEvent) inboxEvent() inbox.Event {
	kept := inbox.Event{
		ID: uuid.Must(uuid.NewV7()), Source: e.Source, ExternalID: e.ID, Type: e.Type, Subject: e.Subject, Data: e.Data,
	}
	if kept.Subject == "" { // of its own, so that it waits for nobody
		kept.Subject = kept.ID.String()
	}
	if e.Time != nil {
		kept.OccurredAt = e.Time.UTC()
	}
	return kept
}

// batchValue is the decoded data of the i-th event.
func batchValue(value any, i int) (data any, prefix string) {
	if list, ok := value.([]any); ok {
		value, prefix = list[i], strconv.Itoa(i)
	}
	m, _ := value.(map[string]any)
	return m["data"], prefix
}
