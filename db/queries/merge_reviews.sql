-- name: AddMergeReviews :exec
insert into merge_reviews (id, lead_id, contact_id, score, reasons, state, created_at)
select r.id, r.lead_id, r.contact_id, r.score, r.reasons, 'open', r.created_at
from jsonb_to_recordset(@rows::jsonb) as r(id uuid, lead_id uuid, contact_id uuid, score float8, reasons jsonb, created_at timestamptz);

-- name: ListMergeReviews :many
select * from merge_reviews where lead_id = $1 order by created_at, id;

-- name: CloseMergeReview :execrows
update merge_reviews set state = @state, decided_by = @decided_by, decided_at = @now where id = @id and state = 'open';

-- name: GetMergeReview :one
select * from merge_reviews where id = $1;
