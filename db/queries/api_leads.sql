-- name: InsertLead :execrows
-- No row when the lead stands there already: a repeat of the same submission.
insert into leads (id, status, submission, source, channel, campaign, submitted_at)
values (@id, 'received', @submission, @source, @channel, @campaign, @submitted_at)
on conflict (id) do nothing;

-- name: GetLeadView :one
-- A lead with everything that a client sees of it.
select sqlc.embed(l), coalesce(u.display_name, '')::text as assignee_name,
    coalesce((select s.factors from lead_scores s where s.lead_id = l.id order by s.at desc, s.id desc limit 1), '[]')::jsonb as factors,
    coalesce((select jsonb_agg(jsonb_build_object('id', d.id, 'kind', d.kind, 'fields', d.fields) order by d.created_at)
              from data_requests d where d.lead_id = l.id and d.state = 'open'), '[]')::jsonb as requests,
    coalesce((select r.id from merge_reviews r where r.lead_id = l.id and r.state = 'open')::text, '')::text as review_id
from leads l
left join users u on u.id = l.assignee_id
where l.id = $1;

-- name: GetLeadProgress :one
-- Whether a caller who waits may be answered. A request that stands open says nothing: capture goes on without what is
-- merely wanted, and gives the lead another status when it cannot.
select (status <> 'received')::boolean as done from leads where id = $1;

-- name: ListLeadsByUrgency :many
-- What to do first: hot before warm before cold, higher scores first, then who has waited longest.
select sqlc.embed(l), coalesce(u.display_name, '')::text as assignee_name, lead_urgency(l.tier)::int as urgency
from leads l
left join users u on u.id = l.assignee_id
where (sqlc.narg(tier)::text is null or l.tier = sqlc.narg(tier))
  and (sqlc.narg(assignee)::uuid is null or l.assignee_id = sqlc.narg(assignee))
  and (sqlc.narg(status)::text is null or l.status = sqlc.narg(status))
  and (sqlc.narg(contact)::uuid is null or l.contact_id = sqlc.narg(contact))
  and (not @after::boolean or (lead_urgency(l.tier), -coalesce(l.score, 0), l.submitted_at, l.id)
       > (@after_urgency::int, @after_score::int, @after_submitted::timestamptz, @after_id::uuid))
order by lead_urgency(l.tier), -coalesce(l.score, 0), l.submitted_at, l.id
limit @max_rows;

-- name: InsertLeadImport :execrows
insert into lead_imports (id, state, source, created_at) values ($1, 'receiving', $2, $3) on conflict (id) do nothing;

-- name: CountReceivedRows :exec
update lead_imports set total = @total, processed = @rejected, rejected = @rejected where id = @id;

-- name: GetLeadImport :one
select * from lead_imports where id = $1;

-- name: ListRejectedRows :many
select row_no, raw, errors from lead_import_rows
where import_id = @import_id and state = 'rejected' and row_no > @after order by row_no limit @max_rows;

-- name: ListReviewPage :many
select * from merge_reviews r
where (sqlc.narg(state)::text is null or (sqlc.narg(state) = 'open') = (r.state = 'open'))
  and (not @after::boolean or (r.created_at, r.id) > (@after_created::timestamptz, @after_id::uuid))
order by r.created_at, r.id limit @max_rows;

-- name: LockReview :one
select * from merge_reviews where id = $1 for update;

-- name: WhoDid :one
-- The newest recorded change of a thing of one of these kinds: by whom, and what.
select a.actor_kind, a.actor_id, a.action, coalesce(k.name, '')::text as key_name
from audit_logs a left join api_keys k on a.actor_kind = 'key' and k.id::text = a.actor_id
where a.resource_kind = @kind and a.resource_id = @id
order by a.id desc limit 1;
