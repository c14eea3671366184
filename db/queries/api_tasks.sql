-- name: ListTaskPage :many
-- The most pressing first.
select * from tasks t
where (sqlc.narg(assignee)::uuid is null or t.assignee_id = sqlc.narg(assignee))
  and (sqlc.narg(state)::text is null or t.state = sqlc.narg(state))
  and (sqlc.narg(lead)::uuid is null or t.lead_id = sqlc.narg(lead))
  and (sqlc.narg(contact)::uuid is null or t.contact_id = sqlc.narg(contact))
  and (sqlc.narg(deal)::uuid is null or t.deal_id = sqlc.narg(deal))
  and (sqlc.narg(late_at)::timestamptz is null or t.due_at < sqlc.narg(late_at) and t.state in ('open', 'acknowledged', 'started'))
  and (not @after::boolean or (coalesce(t.due_at, 'infinity'), t.id) > (coalesce(sqlc.narg(after_due)::timestamptz, 'infinity'), @after_id::uuid))
order by coalesce(t.due_at, 'infinity'), t.id limit @max_rows;

-- name: MoveTask :one
update tasks
set state = @state,
    acknowledged_at = case when @state <> 'cancelled' then coalesce(acknowledged_at, @now::timestamptz) else acknowledged_at end,
    started_at = case when @state in ('started', 'completed') then coalesce(started_at, @now) else started_at end,
    completed_at = case when @state in ('completed', 'cancelled') then @now end,
    progress = case when @state = 'completed' then 100 else progress end,
    outcome = coalesce(sqlc.narg(outcome), outcome), note = coalesce(sqlc.narg(note), note), version = version + 1
where id = @id returning *;

-- name: ReassignTask :one
-- The new assignee has yet to see it.
update tasks set assignee_id = @assignee_id::uuid, state = 'open', acknowledged_at = null, started_at = null, version = version + 1
where id = @id returning *;

-- name: IsActiveUser :one
select exists (select 1 from users where id = $1 and active);

-- name: MoveCapturedLead :execrows
-- The lead follows the task that it was captured with.
update leads set assignee_id = @assignee_id::uuid, version = version + 1
where id = @lead_id and task_id = @task_id::uuid and status = 'captured' and assignee_id is distinct from @assignee_id::uuid;

-- name: MoveLoad :exec
-- What two people carry, after one lead went from the one (who may be nobody) to the other.
insert into representative_loads as l (user_id, open_leads, last_assigned_at)
select u.user_id, greatest(u.delta, 0), u.at
from (select @to_user::uuid as user_id, 1 as delta, @now::timestamptz as at
      union all select sqlc.narg(from_user)::uuid, -1, null where sqlc.narg(from_user)::uuid is not null) u
order by u.user_id
on conflict (user_id) do update set open_leads = greatest(l.open_leads + (case when l.user_id = @to_user then 1 else -1 end), 0),
    last_assigned_at = coalesce(excluded.last_assigned_at, l.last_assigned_at);

-- name: AddTaskTime :execrows
-- Nothing when the call told it before.
insert into task_time (id, task_id, actor_id, minutes, progress, at) values (@id, @task_id, @actor_id, @minutes, @progress, @at) on conflict do nothing;

-- name: NoteProgress :one
update tasks set progress = coalesce(sqlc.narg(progress), progress), minutes_spent = minutes_spent + @minutes, note = coalesce(sqlc.narg(note), note),
    version = version + 1
where id = @id returning *;

-- name: AddTaskEvidence :one
-- One proof of a kind and reference is kept once.
update tasks set evidence = case
        when exists (select from jsonb_array_elements(evidence) e where e ->> 'kind' = @kind::text and e ->> 'reference' = @reference::text) then evidence
        else evidence || @proof::jsonb end, version = version + 1
where id = @id returning *;
