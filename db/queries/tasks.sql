-- name: AddTasks :exec
insert into tasks (id, key, kind, title, state, assignee_id, contact_id, lead_id, process, subject, context, due_at, created_at)
select r.id, r.key, r.kind, r.title, 'open', r.assignee_id, r.contact_id, r.lead_id, r.process, r.subject,
       coalesce(r.context, '{}'), r.due_at, r.created_at
from jsonb_to_recordset(@rows::jsonb) as r(id uuid, key text, kind text, title text, assignee_id uuid, contact_id uuid,
     lead_id uuid, process text, subject text, context jsonb, due_at timestamptz, created_at timestamptz)
on conflict (key) do nothing;

-- name: GetTask :one
select * from tasks where id = $1;

-- name: LockTask :one
select * from tasks where id = $1 for no key update;

-- name: GetTaskByKey :one
select * from tasks where key = $1;

-- name: FindOpenTask :one
select * from tasks
where lead_id = @lead_id::uuid and kind = @kind and state in ('open', 'acknowledged', 'started')
order by created_at limit 1 for no key update;

-- name: GiveTask :exec
-- The new assignee has yet to see it. key is the business step that gives it, so that a repeat is recognised.
update tasks
set assignee_id = @assignee_id, state = 'open', due_at = @due_at, acknowledged_at = null, started_at = null,
    context = context || jsonb_build_object('given_by', @key::text), version = version + 1
where id = @id;

-- name: CancelTasks :many
update tasks set state = 'cancelled', completed_at = @now, version = version + 1
where lead_id = @lead_id::uuid and kind = any (@kinds::text[]) and state in ('open', 'acknowledged', 'started')
returning id;
