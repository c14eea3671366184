package nurturing

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/perdura/perdura/definitions"
	"github.com/perdura/perdura/gate"
)

// Choose implements the contract Choose. It only reads.
func (n *Nurturing) Choose(ctx context.Context, c Candidate) (Choice, error) {
	unsuited := func(reason string) (Choice, error) { return Choice{Verdict: Unsuited, Reason: reason}, nil }
	p, err := n.person(ctx, n.pool, n.now(), c.ContactID, c.LeadID)
	if err != nil {
		return Choice{}, err
	}
	switch {
	case !p.reach.Known:
		return unsuited(IsGone)
	case p.reach.Customer:
		return unsuited(IsCustomer)
	case p.LeadID == uuid.Nil:
		return unsuited(NoLead)
	case len(p.open(nil)) == 0 && p.hindered(gate.NoConsent):
		return unsuited(NoConsent)
	case len(p.open(nil)) == 0:
		return unsuited(NoChannel)
	}
	name, track, version, err := n.track(ctx, p, c.Track)
	switch {
	case errors.Is(err, definitions.ErrUnknown):
		return unsuited(NoTrack)
	case err != nil:
		return Choice{}, err
	case int(p.Score) >= track.SalesReady && p.Quality == "":
		return unsuited(AlreadyReady) // sales has not even seen it
	}
	return Choice{Verdict: Chosen, LeadID: p.LeadID, Track: name, Version: version, Steps: len(track.Steps)}, nil
}

// track finds the track that was asked for, or the one that suits best: of those whose conditions hold the one with the
// highest priority, of equals the first by name. Errors: definitions.ErrUnknown when there is none, or PostgreSQL's.
func (n *Nurturing) track(ctx context.Context, p person, asked string) (string, Track, int, error) {
	if asked != "" {
		track, version, err := Tracks.Current(ctx, n.pool, asked)
		return asked, track, version, err
	}
	facts, err := p.facts()
	if err != nil {
		return "", Track{}, 0, err
	}
	names, err := Tracks.Names(ctx, n.pool)
	if err != nil {
		return "", Track{}, 0, err
	}
	name, best, number := "", Track{}, 0
	for _, candidate := range names {
		track, version, err := Tracks.Current(ctx, n.pool, candidate)
		if err != nil {
			return "", Track{}, 0, err
		}
		if !track.OnRequest && track.suits(facts) && (name == "" || track.Priority > best.Priority) {
			name, best, number = candidate, track, version
		}
	}
	if name == "" {
		return "", Track{}, 0, definitions.ErrUnknown
	}
	return name, best, number, nil
}
