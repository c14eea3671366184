package records

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/perdura/perdura/activities/routing"
	"github.com/perdura/perdura/activities/tasks"
	"github.com/perdura/perdura/db/query"
)

// Assign implements the contract Assign.
func (r *Records) Assign(ctx context.Context, arg Lead) (Assigned, error) {
	var out Assigned
	err := r.at(ctx, func(d *desk) error {
		lead, err := d.lead(arg.LeadID)
		if err != nil {
			return err
		}
		if lead.AssigneeID.Valid {
			out, err = d.assigned(lead)
			return err
		}
		sub, err := readSubmission(lead.Submission)
		if err != nil {
			return err
		}
		a := &assignment{lead: lead.ID, contact: lead.ContactID.UUID, route: routing.Lead{Country: sub.Country, Source: lead.Source, Channel: lead.Channel}}
		if err := d.assign([]*assignment{a}); err != nil {
			return err
		}
		out = a.res
		return nil
	})
	return out, err
}

// assigned is the answer for a lead that somebody has.
func (d *desk) assigned(lead query.Lead) (Assigned, error) {
	out := Assigned{Queue: WithRepresentative, AssigneeID: lead.AssigneeID.UUID}
	user, err := d.q.GetUser(d.ctx, d.tx, lead.AssigneeID.UUID)
	if err != nil {
		return out, fmt.Errorf("read the assignee: %w", err)
	}
	if user.Role != "representative" {
		out.Queue = WithManager
	}
	return out, nil
}

// assignment is a lead on its way to somebody.
type assignment struct {
	lead, contact uuid.UUID
	route         routing.Lead
	except        []uuid.UUID // who shall not get it
	res           Assigned
}

// assign gives each lead to the owner of its contact, else to a representative whom the rules choose, else to a manager.
// It holds the locks of the teams that may get one until the transaction ends: nobody is given more than they can carry.
func (d *desk) assign(list []*assignment) error {
	owners, err := d.activeOwners(list)
	if err != nil {
		return err
	}
	rules, err := d.q.ListAssignmentRules(d.ctx, d.tx)
	if err != nil {
		return fmt.Errorf("read the assignment rules: %w", err)
	}
	var open []query.AssignmentRule
	for _, a := range list {
		if owners[a.contact] == uuid.Nil {
			open = append(open, routing.Matching(rules, a.route)...)
		}
	}
	roster, err := d.roster(routing.Teams(open))
	if err != nil {
		return err
	}
	kept := map[uuid.UUID]int{}
	for _, a := range list {
		matching := routing.Matching(rules, a.route)
		owner := owners[a.contact]
		if owner != uuid.Nil {
			a.res = Assigned{Queue: WithOwner, AssigneeID: owner}
			kept[owner]++
		} else if id, free := roster.Give(matching, a.route.Country, a.except, d.now); free {
			a.res = Assigned{Queue: WithRepresentative, AssigneeID: id}
		} else if a.res, err = d.toManager(routing.Teams(matching)); err != nil {
			return err
		}
		if a.res.AssigneeID == uuid.Nil {
			continue
		}
		d.out.assigned.add(a.lead, a.res.AssigneeID)
		d.record("lead.assign", "lead", a.lead, a.res.Queue, "assignee_id")
		if a.res.Queue == WithRepresentative && a.contact != uuid.Nil {
			d.out.owners.add(a.contact, a.res.AssigneeID)
			owners[a.contact] = a.res.AssigneeID
		}
	}
	for owner, leads := range kept {
		d.out.loads = append(d.out.loads, loadRow{UserID: owner, Delta: leads})
	}
	roster.Given(func(id uuid.UUID, leads int, last time.Time) {
		d.out.loads = append(d.out.loads, loadRow{UserID: id, Delta: leads, AssignedAt: &last})
	})
	d.joinLoads()
	return nil
}

// joinLoads puts the changes of one representative into one row: an update takes one row for each.
func (d *desk) joinLoads() {
	at := map[uuid.UUID]int{}
	var out []loadRow
	for _, row := range d.out.loads {
		i, twice := at[row.UserID]
		if !twice {
			at[row.UserID] = len(out)
			out = append(out, row)
			continue
		}
		out[i].Delta += row.Delta
		if row.AssignedAt != nil {
			out[i].AssignedAt = row.AssignedAt
		}
	}
	d.out.loads = out
}

// roster reads the representatives of the teams under the teams' locks.
func (d *desk) roster(teams []string) (*routing.Roster, error) {
	if len(teams) == 0 {
		return routing.NewRoster(nil), nil
	}
	if err := d.q.LockTeams(d.ctx, d.tx, routing.LockKeys(teams)); err != nil {
		return nil, fmt.Errorf("lock the teams: %w", err)
	}
	people, err := d.q.ListTeamLoads(d.ctx, d.tx, teams)
	if err != nil {
		return nil, fmt.Errorf("read the teams: %w", err)
	}
	return routing.NewRoster(people), nil
}

// activeOwners are the owners, by contact, who are there to take a lead.
func (d *desk) activeOwners(list []*assignment) (map[uuid.UUID]uuid.UUID, error) {
	owners := map[uuid.UUID]uuid.UUID{}
	var contacts []uuid.UUID
	for _, a := range list {
		if a.contact != uuid.Nil {
			contacts = append(contacts, a.contact)
		}
	}
	rows, err := d.q.ListActiveOwners(d.ctx, d.tx, contacts)
	if err != nil {
		return nil, fmt.Errorf("read the owners of the contacts: %w", err)
	}
	for _, row := range rows {
		owners[row.ContactID] = row.OwnerID
	}
	return owners, nil
}

// toManager puts a lead into the queue of the manager of the first team that the rules name, or of anybody who manages.
func (d *desk) toManager(teams []string) (Assigned, error) {
	team := ""
	if len(teams) > 0 {
		team = teams[0]
	}
	if d.managers == nil {
		d.managers = map[string]uuid.NullUUID{}
	}
	manager, known := d.managers[team]
	if !known {
		var err error
		if manager, err = tasks.FindManager(d.ctx, d.tx, uuid.NullUUID{}, team); err != nil {
			return Assigned{}, err
		}
		d.managers[team] = manager
	}
	if !manager.Valid {
		return Assigned{Queue: WithNobody}, nil
	}
	return Assigned{Queue: WithManager, AssigneeID: manager.UUID}, nil
}

// release takes the lead off its representative, who may get another.
func (d *desk) release(lead query.Lead) error {
	if lead.AssigneeID.Valid {
		d.out.loads = append(d.out.loads, loadRow{UserID: lead.AssigneeID.UUID, Delta: -1})
		d.joinLoads()
	}
	return nil
}
