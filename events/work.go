package events

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/process"
)

// TaskGiven is the data of TaskOpened.
type TaskGiven struct {
	TaskID uuid.UUID `json:"task_id"`
	Kind   string    `json:"kind"`
}

// TaskOpened: a task was made that nobody's process looks after yet.
var TaskOpened = process.NewEvent[TaskGiven]("task.opened", "A task was given that has to be looked after.")

// TaskCancelled: nobody needs the task any more.
var TaskCancelled = process.NewEvent[TaskMoved]("task.cancelled", "A task was cancelled.")

// TaskChanged: something that the plan of a task rests on is not as it was. Its process looks at it again.
var TaskChanged = process.NewEvent[TaskGiven]("task.changed", "What a task waited for is done, or somebody's absence concerns it.")

// ApprovalMoved is the data of the events about an approval. Outcome is approved, rejected, voided or expired.
type ApprovalMoved struct {
	ApprovalID uuid.UUID `json:"approval_id"`
	// ActorID is the user who did it, zero for the house itself.
	ActorID uuid.UUID `json:"actor_id,omitzero"`
	Outcome string    `json:"outcome,omitempty"`
}

// The way of an approval. Decided comes once, when the rule of the approval is fulfilled; Voided when its content changed.
var (
	ApprovalSeated  = process.NewEvent[ApprovalMoved]("approval.seated", "Somebody else has to decide on an approval.")
	ApprovalDecided = process.NewEvent[ApprovalMoved]("approval.decided", "An approval was given or refused.")
	ApprovalVoided  = process.NewEvent[ApprovalMoved]("approval.voided", "What was to be approved has changed: the approval counts no more.")
)

// Contract is the data of the events about a contract that is to be signed.
type Contract struct {
	ContractID uuid.UUID `json:"contract_id"`
	DealID     uuid.UUID `json:"deal_id"`
	// Reason is the code that a signer gave for declining.
	Reason string `json:"reason,omitempty"`
}

// The way of a contract.
var (
	ContractViewed        = process.NewEvent[Contract]("contract.viewed", "The customer has opened the contract.")
	ContractSigned        = process.NewEvent[Contract]("contract.signed", "The customer has signed the contract.")
	ContractCountersigned = process.NewEvent[Contract]("contract.countersigned", "Our side has signed the contract too: it is in force.")
	ContractDeclined      = process.NewEvent[Contract]("contract.declined", "The customer will not sign the contract.")
	ContractExpired       = process.NewEvent[Contract]("contract.expired", "The customer did not sign the contract in time.")
	ContractVoided        = process.NewEvent[Contract]("contract.voided", "The contract was taken back before it came into force.")
)

// SigningCode is the data of ContractCodeAsked.
type SigningCode struct {
	ContractID uuid.UUID `json:"contract_id"`
	CodeID     uuid.UUID `json:"code_id"`
	// ExpiresAt is when the code counts no more: then it need not be sent.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// ContractCodeAsked: the customer is about to sign, and waits for a one-time code.
var ContractCodeAsked = process.NewEvent[SigningCode]("contract.code-asked", "The customer waits for a one-time code to sign a contract.")
