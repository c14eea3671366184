package tasks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/activities/routing"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/process"
)

// recipientOf finds whose work it is; nobody when there is nobody to be found. It completes what the brief is about.
func recipientOf(ctx context.Context, tx pgx.Tx, now time.Time, b *Brief) (uuid.NullUUID, error) {
	owner, lead, err := about(ctx, tx, b)
	if err != nil {
		return uuid.NullUUID{}, err
	}
	var who uuid.NullUUID
	switch b.For {
	case User:
		who, err = activeOr(ctx, tx, db.NullID(b.UserID), lead)
	case Team, RoundRobin:
		who, err = fromTeam(ctx, tx, now, *b)
	case Manager:
		who, err = managerFor(ctx, tx, owner, lead)
	default:
		who, err = activeOr(ctx, tx, owner, lead)
	}
	if err != nil || !who.Valid {
		return who, err
	}
	who.UUID, err = Cover(ctx, tx, now, who.UUID)
	return who, err
}

// about reads what the brief is about, and who owns it: the deal's owner, else the lead's assignee, else the contact's owner.
func about(ctx context.Context, tx pgx.Tx, b *Brief) (owner uuid.NullUUID, lead query.Lead, err error) {
	q := query.New()
	take := func(who uuid.NullUUID) {
		if !owner.Valid {
			owner = who
		}
	}
	if b.DealID != uuid.Nil {
		deal, err := q.GetDealOfTask(ctx, tx, b.DealID)
		if err != nil {
			return owner, lead, missing(err, "deal", b.DealID)
		}
		take(deal.OwnerID)
		b.ContactID = deal.ContactID
		if deal.LeadID.Valid {
			b.LeadID = deal.LeadID.UUID
		}
	}
	if b.LeadID != uuid.Nil {
		if lead, err = q.GetLeadOfTask(ctx, tx, b.LeadID); err != nil {
			return owner, lead, missing(err, "lead", b.LeadID)
		}
		take(lead.AssigneeID)
		if b.ContactID == uuid.Nil {
			b.ContactID = lead.ContactID.UUID
		}
	}
	if b.ContactID != uuid.Nil {
		contact, err := q.GetContact(ctx, tx, b.ContactID)
		if err != nil {
			return owner, lead, missing(err, "contact", b.ContactID)
		}
		take(contact.OwnerID)
	}
	return owner, lead, nil
}

// activeOr is the user while active, else the manager.
func activeOr(ctx context.Context, tx pgx.Tx, user uuid.NullUUID, lead query.Lead) (uuid.NullUUID, error) {
	if user.Valid {
		row, err := query.New().GetUser(ctx, tx, user.UUID)
		if err != nil {
			return user, missing(err, "user", user.UUID)
		}
		if row.Active {
			return user, nil
		}
	}
	return managerFor(ctx, tx, user, lead)
}

// managerFor is the manager of a user or, without one, of the team that the rules choose for the lead.
func managerFor(ctx context.Context, tx pgx.Tx, user uuid.NullUUID, lead query.Lead) (uuid.NullUUID, error) {
	team := ""
	if user.Valid {
		row, err := query.New().GetUser(ctx, tx, user.UUID)
		if err != nil {
			return uuid.NullUUID{}, fmt.Errorf("read the owner: %w", err)
		}
		team = row.Team
	} else {
		rules, err := query.New().ListAssignmentRules(ctx, tx)
		if err != nil {
			return uuid.NullUUID{}, fmt.Errorf("read the assignment rules: %w", err)
		}
		if teams := routing.Teams(routing.Matching(rules, routing.Lead{Source: lead.Source, Channel: lead.Channel})); len(teams) > 0 {
			team = teams[0]
		}
	}
	return FindManager(ctx, tx, user, team)
}

// fromTeam picks somebody who is there, under the team's lock, so that two tasks at once go to two people.
func fromTeam(ctx context.Context, tx pgx.Tx, now time.Time, b Brief) (uuid.NullUUID, error) {
	if b.Team == "" {
		return uuid.NullUUID{}, process.Invalid("brief", "a task for a team needs the team's name")
	}
	q := query.New()
	if err := q.LockTeams(ctx, tx, routing.LockKeys([]string{b.Team})); err != nil {
		return uuid.NullUUID{}, fmt.Errorf("lock the team: %w", err)
	}
	id, err := q.PickFromTeam(ctx, tx, query.PickFromTeamParams{Team: b.Team, Now: now, RoundRobin: b.For == RoundRobin})
	if errors.Is(err, pgx.ErrNoRows) {
		return FindManager(ctx, tx, uuid.NullUUID{}, b.Team)
	}
	if err != nil {
		return uuid.NullUUID{}, fmt.Errorf("pick somebody of the team: %w", err)
	}
	return db.NullID(id), nil
}

// Cover is who does the work of a user at an instant: they themselves, or while they are away their deputy, else their
// manager; and so on for whoever it is. When everybody is away it stays with the user.
func Cover(ctx context.Context, tx query.DBTX, now time.Time, user uuid.UUID) (uuid.UUID, error) {
	q := query.New()
	seen := map[uuid.UUID]bool{}
	for who := user; !seen[who]; {
		seen[who] = true
		absence, err := q.FindAbsence(ctx, tx, query.FindAbsenceParams{UserID: who, At: now})
		if errors.Is(err, pgx.ErrNoRows) {
			return who, nil
		}
		if err != nil {
			return user, fmt.Errorf("read the absences: %w", err)
		}
		next := absence.DeputyID
		if next.Valid {
			if next.Valid, err = q.IsActiveUser(ctx, tx, next.UUID); err != nil {
				return user, fmt.Errorf("read the deputy: %w", err)
			}
		}
		if !next.Valid {
			if next, err = FindManager(ctx, tx, db.NullID(who), ""); err != nil {
				return user, err
			}
		}
		if next.Valid {
			who = next.UUID
		}
	}
	return user, nil
}
