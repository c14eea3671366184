// Package deal is the life of a deal: one run from the first conversation until it is won or lost. It judges every change
// that is asked for, one after the other, and sees to it that no deal lies unattended.
package deal

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/dealing"
	"github.com/perdura/perdura/activities/notify"
	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

// Input names the deal. SoFar is what a long run hands to the one that continues it.
type Input struct {
	DealID uuid.UUID `json:"deal_id"`
	SoFar  SoFar     `json:"so_far,omitzero"`
}

// SoFar is the state in which the deal was, how many people were called because it stalled, until when it may rest now, and
// what the management has not been told yet.
type SoFar struct {
	State  string    `json:"state,omitempty"`
	Called int       `json:"called,omitempty"`
	Until  time.Time `json:"until,omitzero"`
	Untold []News    `json:"untold,omitempty"`
}

// News is something that the management hears of.
type News struct {
	ManagerID uuid.UUID       `json:"manager_id"`
	Template  notify.Template `json:"template"`
}

// Outcome says how it ended: deals.Won or deals.Lost.
type Outcome struct {
	Status string `json:"status"`
}

// Ending is the outcome in one word.
func (o Outcome) Ending() string { return o.Status }

// MoveRequest asks for another stage: one forward, or back for a reason of the pipeline.
type MoveRequest struct {
	To      string    `json:"to" jsonschema:"minLength=1,maxLength=64"`
	Reason  string    `json:"reason,omitempty" jsonschema:"maxLength=64" jsonschema_description:"for going back: a code of the pipeline"`
	ActorID uuid.UUID `json:"actor_id,omitzero" jsonschema_description:"who asks: a user or an API key"`
}

// AmendRequest asks for other terms or attributes; what is not given stays.
type AmendRequest struct {
	Amount     *money.Amount    `json:"amount,omitempty"`
	List       *money.Amount    `json:"list_amount,omitempty" jsonschema_description:"the price before any discount"`
	CloseOn    *string          `json:"close_on,omitempty" jsonschema:"pattern=^[0-9]{4}-[0-9]{2}-[0-9]{2}$" jsonschema_description:"the day on which it should close"`
	Attributes deals.Attributes `json:"attributes,omitempty"`
	ActorID    uuid.UUID        `json:"actor_id,omitzero" jsonschema_description:"who asks: a user or an API key"`
}

// LogRequest tells of an interaction with the customer.
type LogRequest struct {
	Kind          string    `json:"kind" jsonschema:"pattern=^[a-z0-9]+(-[a-z0-9]+)*$,maxLength=64" jsonschema_description:"a code such as call or meeting"`
	InteractionID uuid.UUID `json:"interaction_id,omitzero" jsonschema_description:"of one that is on record; each counts once"`
	ActorID       uuid.UUID `json:"actor_id,omitzero" jsonschema_description:"who asks: a user or an API key"`
}

// LoseRequest asks to end the deal.
type LoseRequest struct {
	Reason  string    `json:"reason" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"a loss reason of the pipeline"`
	ActorID uuid.UUID `json:"actor_id,omitzero" jsonschema_description:"who asks: a user or an API key"`
}

// What people ask of a deal.
var (
	Move = process.NewUpdate[MoveRequest, dealing.Verdict]("move", "take the deal to another stage",
		process.Named[MoveRequest]{Name: "move", Value: MoveRequest{To: "proposal"}})
	Amend = process.NewUpdate[AmendRequest, dealing.Verdict]("amend", "change the terms or attributes of the deal")
	Log   = process.NewUpdate[LogRequest, dealing.Verdict]("log", "keep an interaction with the customer",
		process.Named[LogRequest]{Name: "log", Value: LogRequest{Kind: "call"}})
	Lose = process.NewUpdate[LoseRequest, dealing.Verdict]("lose", "give the deal up",
		process.Named[LoseRequest]{Name: "lose", Value: LoseRequest{Reason: "price"}})
)

// Fact is something that happened to the deal elsewhere.
type Fact struct {
	TaskID uuid.UUID `json:"task_id,omitzero"`
}

// The facts that the process hears.
var (
	Closed   = process.NewSignal[Fact]("closed", "the closing of the deal came to its end")
	Reopened = process.NewSignal[Fact]("reopened", "the deal counted as won and is being closed again")
	Worked   = process.NewSignal("worked", "a task of the deal was completed", process.Named[Fact]{Name: "worked", Value: Fact{TaskID: uuid.Max}})
)

// Process is the life of a deal.
var Process = process.New("deal", run,
	process.Owner("sales-management"),
	process.Purpose("A deal goes its way stage by stage, nobody changes it behind another's back, and none lies unattended."),
	process.OneRunPer(func(in Input) string { return in.DealID.String() }),
	process.Reenters(process.OneAtATime),
	process.Given("a deal", Input{DealID: uuid.Max}),
	process.StartsOn(events.DealOpened, begins),
	process.StartsOn(events.DealReopened, begins),
	process.SignalsOn(events.DealReopened, Reopened, func(e events.Deal) (string, Fact, bool) { return e.DealID.String(), Fact{}, true }),
	process.SignalsOn(events.DealClosed, Closed, func(e events.Closure) (string, Fact, bool) { return e.DealID.String(), Fact{}, true }),
	process.SignalsOn(events.TaskCompleted, Worked, func(e events.TaskMoved) (string, Fact, bool) {
		return e.DealID.String(), Fact{TaskID: e.TaskID}, e.DealID != uuid.Nil
	}),
	process.Receives(Closed, Reopened, Worked),
	process.Answers(Move, Amend, Log, Lose),
	process.Ends(deals.Won, deals.Lost),
	process.Returns(Outcome{Status: deals.Won}, Outcome{Status: deals.Lost}),
)

func begins(e events.Deal) (Input, bool) { return Input{DealID: e.DealID}, e.DealID != uuid.Nil }
