package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/access"
	"github.com/perdura/perdura/api/problem"
	"github.com/perdura/perdura/audit"
	"github.com/perdura/perdura/db"
	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

// Review asks a person whether a lead is an existing contact.
type Review struct {
	ID        uuid.UUID         `json:"id"`
	LeadID    uuid.UUID         `json:"lead_id"`
	ContactID uuid.UUID         `json:"contact_id"`
	Score     float64           `json:"score" jsonschema_description:"how alike they are, 0 to 1"`
	Reasons   json.RawMessage   `json:"reasons" jsonschema_description:"what they have in common and what not"`
	State     string            `json:"state" jsonschema:"enum=open,enum=merge,enum=separate"`
	DecidedBy string            `json:"decided_by,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
	DecidedAt *time.Time        `json:"decided_at,omitempty"`
	Links     map[string]string `json:"links"`
}

// ReviewDecision is the answer of a person.
type ReviewDecision struct {
	Decision string `json:"decision" jsonschema:"enum=merge,enum=separate"`
}

type reviewFilter struct {
	Paging
	State string `json:"state,omitempty" jsonschema:"enum=open,enum=decided"`
}

func (s *Server) reviewOperations() []*Operation {
	return []*Operation{
		{
			Method: http.MethodGet, Path: "/v1/reviews", ID: "listReviews", Tag: "reviews", Access: access.ReviewsRead, Query: typeOf[reviewFilter](),
			Summary: "List merge reviews, the oldest first", Answers: []Answer{answer[Page[Review]](200, "A page of reviews.")}, Handle: s.listReviews,
		},
		{
			Method: http.MethodPost, Path: "/v1/reviews/{id}/decide", ID: "decideReview", Tag: "reviews", Access: access.ReviewsWrite,
			Summary: "Decide whether a lead is the contact it resembles", Description: "The first decision stands; another is answered with 409.",
			Body: jsonBody(ReviewDecision{Decision: "merge"}), Answers: []Answer{answer[Review](202, "The decision is kept; capture goes on.")},
			Handle: s.decideReview,
		},
	}
}

type timePlace struct {
	At time.Time `json:"t"`
	ID uuid.UUID `json:"i"`
}

func (s *Server) listReviews(c *Call) error {
	var f reviewFilter
	if err := c.DecodeQuery(&f); err != nil {
		return err
	}
	list := fmt.Sprint("reviews", f.State)
	place, err := readCursor[timePlace](list, f.Cursor)
	if err != nil {
		return err
	}
	arg := query.ListReviewPageParams{State: db.NullText(f.State), MaxRows: int32(f.limit() + 1)}
	if place != nil {
		arg.After, arg.AfterCreated, arg.AfterID = true, place.At, place.ID
	}
	rows, err := query.New().ListReviewPage(c.Ctx(), s.pool, arg)
	if err != nil {
		return fmt.Errorf("list reviews: %w", err)
	}
	return c.OK(page(list, f.limit(), rows, reviewView, func(r query.MergeReview) timePlace { return timePlace{r.CreatedAt, r.ID} }))
}

func (s *Server) decideReview(c *Call) error {
	var in ReviewDecision
	if err := c.Decode(&in); err != nil {
		return err
	}
	ctx, now, id := c.Ctx(), s.clock.Now(), c.ID("id")
	var review query.MergeReview
	err := db.InTx(ctx, s.pool, func(tx pgx.Tx) (err error) {
		review, err = query.New().LockReview(ctx, tx, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return problem.NotFound("review", id.String())
		}
		if err != nil {
			return fmt.Errorf("decide a review: %w", err)
		}
		if done, err := repeated(ctx, tx, c); done || err != nil {
			return err
		}
		if review.State != "open" {
			return problem.Conflict("review-decided", fmt.Sprintf("The review was decided before: %s%s.", review.State, by(ctx, tx, "merge_review", id)))
		}
		if review, err = s.decide(ctx, tx, c, review, in.Decision); err != nil {
			return err
		}
		return audit.Append(ctx, tx, now, c.Did("merge_review."+in.Decision, "merge_review", id.String(), "a person compared lead and contact", "state"))
	})
	if err != nil {
		return err
	}
	s.wake()
	return c.JSON(http.StatusAccepted, reviewView(review))
}

// decide closes the review and tells the run that waits for it.
func (s *Server) decide(ctx context.Context, tx pgx.Tx, c *Call, review query.MergeReview, decision string) (query.MergeReview, error) {
	now, who := s.clock.Now().Truncate(time.Microsecond), "key "+c.Principal.KeyID.String()
	_, err := query.New().CloseMergeReview(ctx, tx, query.CloseMergeReviewParams{ID: review.ID, State: decision, DecidedBy: &who, Now: &now})
	if err != nil {
		return review, fmt.Errorf("decide a review: %w", err)
	}
	review.State, review.DecidedBy, review.DecidedAt = decision, &who, &now
	data, err := json.Marshal(events.MergeDecision{LeadID: review.LeadID, ReviewID: review.ID, Decision: decision})
	if err != nil {
		return review, err
	}
	_, err = inbox.Accept(ctx, tx, now, inbox.Event{
		ID: c.EffectID(), Source: inbox.OwnSource, ExternalID: "merge-review/" + review.ID.String() + "/decided",
		Type: events.MergeDecided.Name(), Subject: review.LeadID.String(), Data: data,
	})
	return review, err
}

func reviewView(r query.MergeReview) Review {
	return Review{
		ID: r.ID, LeadID: r.LeadID, ContactID: r.ContactID, Score: r.Score, Reasons: r.Reasons, State: r.State,
		DecidedBy: db.Text(r.DecidedBy), CreatedAt: r.CreatedAt.UTC(), DecidedAt: utc(r.DecidedAt),
		Links: map[string]string{"lead": link("v1/leads", r.LeadID.String()), "contact": link("v1/contacts", r.ContactID.String())},
	}
}
