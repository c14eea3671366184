package dealing

import (
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/deals"
	"github.com/perdura/perdura/money"
	"github.com/perdura/perdura/process"
)

// Verdict is what came of a request to change a deal. A refused one has changed nothing.
type Verdict struct {
	Accepted bool `json:"accepted"`
	// Code says why it was refused, Unmet what is lacking.
	Code  string        `json:"code,omitempty"`
	Unmet []deals.Unmet `json:"unmet,omitempty"`
	// How the deal stands now.
	Stage       string         `json:"stage"`
	State       string         `json:"state"`
	Revision    int            `json:"revision"`
	Probability int            `json:"probability_permille"`
	Factors     []deals.Factor `json:"factors"`
	OwnerID     uuid.UUID      `json:"owner_id,omitzero"`
	// StalledAt is when the deal counts as stalled unless somebody touches it; zero where deals may rest.
	StalledAt time.Time `json:"stalled_at,omitzero"`
	// ManagerID is who of the management is told of this change, or of the end; zero when nobody has to be.
	ManagerID uuid.UUID `json:"manager_id,omitzero"`
}

var example = time.Date(2026, 1, 12, 12, 0, 0, 0, time.UTC)

func standing(state, stage string) Verdict {
	return Verdict{Accepted: true, State: state, Stage: stage, OwnerID: uuid.Max, StalledAt: example}
}

var (
	exampleOpen = standing(deals.Open, "proposal")
	exampleTold = Verdict{Accepted: true, State: deals.Open, Stage: "proposal", OwnerID: uuid.Max, StalledAt: example, ManagerID: uuid.Max}
	exampleLost = Verdict{Accepted: true, State: deals.Lost, Stage: "proposal", OwnerID: uuid.Max, ManagerID: uuid.Max}
	exampleNo   = Verdict{Code: deals.CriteriaUnmet, Unmet: []deals.Unmet{{Field: "amount", Message: "has to be set"}},
		State: deals.Open, Stage: "proposal", OwnerID: uuid.Max, StalledAt: example}
)

// Look reads how a deal stands. For one that has ended, ManagerID is who is told.
var Look = process.NewActivity[uuid.UUID, Verdict]("deals.look", process.Database,
	process.Yields("open", exampleOpen),
	process.Yields("closing", Verdict{Accepted: true, State: deals.Closing, Stage: "closing", OwnerID: uuid.Max}),
	process.Yields("won", Verdict{Accepted: true, State: deals.Won, Stage: "closing", OwnerID: uuid.Max, ManagerID: uuid.Max}),
	process.Yields("lost", exampleLost))

// Moving asks to take a deal to another stage. Reason is a code of the pipeline, for going back.
type Moving struct {
	DealID  uuid.UUID `json:"deal_id"`
	To      string    `json:"to"`
	Reason  string    `json:"reason,omitempty"`
	ActorID uuid.UUID `json:"actor_id,omitzero"`
}

// Move takes a deal one stage forward, when it meets what that asks for, or back. Into the last stage, its closing begins.
var Move = process.NewActivity[Moving, Verdict]("deals.move", process.Database,
	process.Yields("moved", exampleOpen), process.Yields("moved, and it matters", exampleTold), process.Yields("refused", exampleNo))

// Amending asks to change what is given; the rest stays. Attributes set to null are taken away.
type Amending struct {
	DealID     uuid.UUID        `json:"deal_id"`
	Amount     *money.Amount    `json:"amount,omitempty"`
	List       *money.Amount    `json:"list_amount,omitempty"`
	CloseOn    *string          `json:"close_on,omitempty"`
	Attributes deals.Attributes `json:"attributes,omitempty"`
	ActorID    uuid.UUID        `json:"actor_id,omitzero"`
}

// Amend changes a deal. Other terms (amount, list price, close date) make a new revision.
var Amend = process.NewActivity[Amending, Verdict]("deals.amend", process.Database,
	process.Yields("amended", exampleOpen), process.Yields("refused", exampleNo))

// Logging tells of an interaction with the customer. Kind is a code such as call or meeting.
type Logging struct {
	DealID        uuid.UUID `json:"deal_id"`
	Kind          string    `json:"kind"`
	InteractionID uuid.UUID `json:"interaction_id,omitzero"`
	ActorID       uuid.UUID `json:"actor_id,omitzero"`
}

// Log keeps an interaction with the customer; each counts once.
var Log = process.NewActivity[Logging, Verdict]("deals.log", process.Database,
	process.Yields("kept", exampleOpen), process.Yields("refused", exampleNo))

// Working tells of a task of the deal that was completed.
type Working struct {
	DealID uuid.UUID `json:"deal_id"`
	TaskID uuid.UUID `json:"task_id"`
}

// Work takes note of a completed task.
var Work = process.NewActivity[Working, Verdict]("deals.work", process.Database,
	process.Yields("noted", exampleOpen), process.Yields("the deal has ended", exampleLost))

// Losing asks to end an open deal. Reason is a code of the pipeline.
type Losing struct {
	DealID  uuid.UUID `json:"deal_id"`
	Reason  string    `json:"reason"`
	ActorID uuid.UUID `json:"actor_id,omitzero"`
}

// Lose ends a deal that is not won. One that is being closed is lost by its closing.
var Lose = process.NewActivity[Losing, Verdict]("deals.lose", process.Database,
	process.Yields("lost", exampleLost), process.Yields("refused", exampleNo))

// Stalling says that nobody touched a deal until the instant StalledAt. Called is how often somebody was told before: the
// owner is told first, then the manager.
type Stalling struct {
	DealID    uuid.UUID `json:"deal_id"`
	StalledAt time.Time `json:"stalled_at"`
	Called    int       `json:"called"`
}

// Stalled says who is told, zero for nobody; TaskID is the manager's task. Until Next the deal may rest; zero: until
// somebody touches it.
type Stalled struct {
	// Touched says that somebody did something in time, after all: the deal stalls at Next.
	Touched bool      `json:"touched,omitempty"`
	UserID  uuid.UUID `json:"user_id,omitzero"`
	TaskID  uuid.UUID `json:"task_id,omitzero"`
	Next    time.Time `json:"next,omitzero"`
}

// Stall looks after a deal that nobody touches.
var Stall = process.NewActivity[Stalling, Stalled]("deals.stall", process.Database,
	process.Yields("call somebody", Stalled{UserID: uuid.Max, TaskID: uuid.Max, Next: example}),
	process.Yields("nobody to call", Stalled{}),
	process.Yields("touched meanwhile", Stalled{Touched: true, Next: example}))

// Opened names the deal of a lead. Result is DealOpened, DealThere for one that was open before, or NotWanted when the
// pipeline opens no deals by itself or nothing is known of the person.
type Opened struct {
	DealID uuid.UUID `json:"deal_id,omitzero"`
	Result string    `json:"result"`
}

// Results of Open.
const (
	DealOpened = "opened"
	DealThere  = "already-open"
	NotWanted  = "not-wanted"
)

// OpenForLead makes a deal of a lead that sales accepted, with what the standard pipeline begins with.
var OpenForLead = process.NewActivity[uuid.UUID, Opened]("deals.open-for-lead", process.Database,
	process.Yields("opened", Opened{DealID: uuid.Max, Result: DealOpened}),
	process.Yields("already open", Opened{DealID: uuid.Max, Result: DealThere}),
	process.Yields("not wanted", Opened{Result: NotWanted}))
