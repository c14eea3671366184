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
returning *;

-- name: GiveNewTask :execrows
-- Nothing when the step gave it before.
insert into tasks (id, key, kind, title, state, assignee_id, contact_id, lead_id, deal_id, process, subject, context, priority, instructions,
    outcomes, evidence_kinds, rule, within_minutes, due_at, begun_at, created_at)
values (@id, @key, @kind, @title, 'open', @assignee_id, @contact_id, @lead_id, @deal_id, @process, @subject, @context, @priority, @instructions,
    @outcomes, @evidence_kinds, @rule, @within_minutes, @due_at, @begun_at, @created_at)
on conflict (key) do nothing;

-- name: BeginTask :one
-- What it waited for is done: its clock begins.
update tasks set begun_at = @now::timestamptz, due_at = coalesce(due_at, @due_at::timestamptz), version = version + 1
where id = @id returning *;

-- name: CancelTask :one
update tasks set state = 'cancelled', completed_at = @now, version = version + 1
where id = @id and state in ('open', 'acknowledged', 'started')
returning *;

-- name: NoteEscalation :execrows
update tasks set escalations = @rung, version = version + 1 where id = @id and escalations < @rung;

-- name: PickFromTeam :one
-- Who of the team is there: round robin takes who got no task for longest, else the one with the fewest open tasks.
select u.id from users u
where u.active and u.role = 'representative' and u.team = @team
  and not exists (select from absences a where a.user_id = u.id and a.from_at <= @now::timestamptz and a.until_at > @now)
order by case when @round_robin::boolean then null
              else (select count(*) from tasks t where t.assignee_id = u.id and t.state in ('open', 'acknowledged', 'started')) end,
         (select max(t.created_at) from tasks t where t.assignee_id = u.id) nulls first,
         (select t.id from tasks t where t.assignee_id = u.id order by t.created_at desc, t.id desc limit 1), u.id
limit 1;

-- name: GetLeadOfTask :one
select * from leads where id = $1;

-- name: GetDealOfTask :one
select * from sales_pipeline where id = $1;
