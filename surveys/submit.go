package surveys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perdura/perdura/db/query"
	"github.com/perdura/perdura/events"
	"github.com/perdura/perdura/inbox"
)

// answerSpace is the UUID name space of what is derived from an invitation.
var answerSpace = uuid.MustParse("5a0f4d0e-6a56-5a0b-8a3a-6a7c1f6b7b10")

// Submit keeps the answer of an invited person in tx: values by question; numbers of a scale as digits. It returns what
// is wrong with the answers, and keeps nothing then. The first answer stands, whoever comes at the same time. It tells
// the processes by survey.answered. Errors: ErrUnknown, ErrAnswered, ErrExpired, or PostgreSQL's.
func Submit(ctx context.Context, tx pgx.Tx, now time.Time, invitation uuid.UUID, answers map[string][]string) ([]Problem, error) {
	q := query.New()
	row, err := q.LockSurveyInvitation(ctx, tx, invitation)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, ErrUnknown
	case err != nil:
		return nil, fmt.Errorf("answer a survey: %w", err)
	case row.AnsweredAt != nil:
		return nil, ErrAnswered
	case !row.ExpiresAt.After(now):
		return nil, ErrExpired
	}
	survey, err := Kind.At(ctx, tx, row.Survey, int(row.SurveyVersion))
	if err != nil {
		return nil, fmt.Errorf("answer a survey: %w", err)
	}
	r, problems := survey.read(answers)
	if len(problems) > 0 {
		return problems, nil
	}
	if err := keep(ctx, tx, now, row, r); err != nil {
		return nil, err
	}
	return nil, inbox.Emit(ctx, tx, now, "survey.answered/"+invitation.String(), invitation.String(), events.SurveyAnswered,
		events.Answered{InvitationID: invitation, ContactID: row.ContactID, Survey: row.Survey})
}

func keep(ctx context.Context, tx pgx.Tx, now time.Time, row query.SurveyInvitation, r reply) error {
	q := query.New()
	chosen, err := json.Marshal(r.Chosen)
	if err != nil {
		return fmt.Errorf("answer a survey: encode the answers: %w", err)
	}
	texts, err := json.Marshal(r.Texts)
	if err != nil {
		return fmt.Errorf("answer a survey: encode the answers: %w", err)
	}
	kept, err := q.AddSurveyAnswer(ctx, tx, query.AddSurveyAnswerParams{
		InvitationID: row.ID, Answers: chosen, Texts: texts, Word: r.Branch.Word, Nps: r.NPS, Csat: r.CSAT, At: now,
	})
	if err != nil {
		return fmt.Errorf("answer a survey: %w", err)
	}
	if kept == 0 {
		return ErrAnswered
	}
	if err := q.AnswerSurveyInvitation(ctx, tx, query.AnswerSurveyInvitationParams{ID: row.ID, Now: now}); err != nil {
		return fmt.Errorf("answer a survey: %w", err)
	}
	if row.Test {
		return nil
	}
	rows, err := json.Marshal([]map[string]any{{
		"id": uuid.NewSHA1(answerSpace, row.ID[:]), "contact_id": row.ContactID, "kind": "survey.answered", "at": now,
		"data": map[string]any{"survey": row.Survey, "invitation_id": row.ID, "nps": r.NPS, "csat": r.CSAT, "word": r.Branch.Word},
	}})
	if err != nil {
		return fmt.Errorf("answer a survey: encode the interaction: %w", err)
	}
	if err := q.AddInteractions(ctx, tx, rows); err != nil {
		return fmt.Errorf("answer a survey: note it in the person's history: %w", err)
	}
	return nil
}

// Read returns what follows the answer of an invitation; answered is false while there is none. It waits for an answer
// that is being kept at this moment: read once the form has closed, it misses none. Errors: ErrUnknown, or PostgreSQL's.
func Read(ctx context.Context, db query.DBTX, invitation uuid.UUID) (b Branch, answered bool, err error) {
	row, err := query.New().LockSurveyInvitation(ctx, db, invitation)
	if errors.Is(err, pgx.ErrNoRows) {
		return b, false, ErrUnknown
	}
	if err != nil || row.AnsweredAt == nil {
		return b, false, err
	}
	answer, err := query.New().GetSurveyAnswer(ctx, db, invitation)
	if err != nil {
		return b, false, fmt.Errorf("read the answer to a survey: %w", err)
	}
	survey, err := Kind.At(ctx, db, row.Survey, int(row.SurveyVersion))
	if err != nil {
		return b, false, fmt.Errorf("read the answer to a survey: %w", err)
	}
	for _, b := range survey.Branches {
		if b.Word == answer.Word {
			return b, true, nil
		}
	}
	return Branch{Then: Thank}, true, nil
}
